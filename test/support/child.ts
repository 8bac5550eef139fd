import { spawn } from "node:child_process";

export interface ChildResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  /** Beside PATH, HOME and LANG; nothing else of ours is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** For its stdin, which is then closed. */
  readonly input?: string | Uint8Array;
  /** A session of its own, as a shell would give a job; `kill` then still reaches only the process. */
  readonly detached?: boolean;
}

/** A process that a test has started. Disposing of it kills it if it still runs. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** When each piece of stdout came, in milliseconds since the start. */
  readonly pieces: readonly { readonly atMs: number; readonly text: string }[];
  /** Settles once it has ended and its output is complete. */
  readonly result: Promise<ChildResult>;
  /** Settles with the match once stdout and stderr taken together match. Rejects if it ends before. */
  untilOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
}

const outputTimeoutMs = 20_000;

export function startChild(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Child {
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    detached: options.detached === true,
    env: childEnvironment(options.env),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { pid } = child;
  let stdout = "";
  let stderr = "";
  const pieces: { atMs: number; text: string }[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    pieces.push({ atMs: performance.now() - startedMs, text });
    changed();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    changed();
  });
  // A process may end before it has read all its input.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const result = new Promise<ChildResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  result.catch(() => undefined);
  if (pid === undefined) throw new Error(`${command} could not be started`);
  return {
    pid,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    pieces,
    result,
    untilOutput: (pattern, timeoutMs = outputTimeoutMs) =>
      new Promise((resolve, reject) => {
        const shown = (): string => `it wrote:\n${stdout}${stderr}`;
        const finish = (): void => {
          watchers.delete(watch);
          clearTimeout(timer);
        };
        const watch = (): void => {
          const match = pattern.exec(stdout + stderr);
          if (match === null) return;
          finish();
          resolve(match);
        };
        const timer = setTimeout(() => {
          finish();
          reject(new Error(`no ${String(pattern)} within ${timeoutMs} ms; ${shown()}`));
        }, timeoutMs);
        watchers.add(watch);
        watch();
        void result.then(({ exitCode, signal }) => {
          finish();
          reject(
            new Error(
              `ended (${signal ?? exitCode}) before it wrote ${String(pattern)}; ${shown()}`,
            ),
          );
        });
      }),
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await result;
    },
  };
}

function childEnvironment(given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "LANG"]) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...given };
}
