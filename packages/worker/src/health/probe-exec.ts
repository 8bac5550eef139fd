import { spawn } from "node:child_process";
import type { Account } from "@aloha/core";
import type { Timers } from "@aloha/runtime";
import type { Verdict } from "./health-checker.ts";

export interface ExecSurroundings {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Null: the worker's own. */
  readonly account: Account | null;
  readonly timeoutMs: number;
  readonly timers: Timers;
}

/** What is kept of what a failed check wrote. */
const outputLengthMax = 300;

/** Runs a command where the application runs, and as whom: exit code 0 within the time is health. What it leaves running is killed. */
export function probeExec(
  command: string | readonly string[],
  { directory, environment, account, timeoutMs, timers }: ExecSurroundings,
): Promise<Verdict> {
  const [file = "", ...args] = typeof command === "string" ? ["/bin/bash", "-c", command] : command;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: directory,
      env: { ...environment },
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(0, outputLengthMax);
    });
    const conclude = (healthy: boolean, message: string): void => {
      timer.clear();
      child.stderr.destroy();
      killGroup(child.pid);
      resolve({ healthy, message });
    };
    const timer = timers.after(timeoutMs, () =>
      conclude(false, `the check took longer than ${timeoutMs} ms`),
    );
    child.once("error", (error) => conclude(false, `the check could not run: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (code === 0) conclude(true, "the check succeeds");
      else
        conclude(
          false,
          `the check ended with ${code === null ? signal : `exit code ${code}`}${said === "" ? "" : `: ${said.trim()}`}`,
        );
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}
