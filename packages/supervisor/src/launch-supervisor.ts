import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface LaunchOptions {
  /** Further arguments of the supervisor (see `main.ts`). */
  readonly arguments?: readonly string[];
}

/**
 * Little is kept, so a small heap does. The young part of it has room for what thousands of attempts a second
 * leave for some milliseconds: with less, a third of the supervisor's time goes into moving it about.
 */
const NODE_OPTIONS = ["--max-semi-space-size=8", "--max-old-space-size=256"];

/** The exit code of a supervisor that found another in its place. */
const EXIT_ALREADY_RUNNING = 3;

/**
 * Starts a supervisor that outlives this process: a session of its own, and nothing open that
 * is ours. `onFailed` gets one sentence if it ends at once.
 */
export function launchSupervisor(
  directory: string,
  socketPath: string,
  options: LaunchOptions,
  onFailed: (message: string) => void,
): void {
  const errors = join(directory, "supervisor.err");
  const stderr = openSync(errors, "w", 0o640);
  const child = spawn(
    process.execPath,
    [
      ...NODE_OPTIONS,
      mainPath(),
      "--dir",
      directory,
      "--socket",
      socketPath,
      ...(options.arguments ?? []),
    ],
    {
      detached: true,
      cwd: "/",
      stdio: ["ignore", "ignore", stderr],
      env: { PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin" },
    },
  );
  closeSync(stderr);
  child.once("error", (error) => onFailed(`The supervisor could not be started: ${error.message}`));
  child.once("exit", (code, signal) => {
    if (code === 0 || code === EXIT_ALREADY_RUNNING) return;
    onFailed(
      `The supervisor ended (${signal ?? `exit code ${code}`}); see ${errors} and ${join(directory, "supervisor.log")}.`,
    );
  });
  child.unref();
}

/** A process cannot run sources, so where this is one, the built main beside it is taken. */
function mainPath(): string {
  const built = import.meta.url.endsWith(".ts") ? "../dist/main.js" : "./main.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
