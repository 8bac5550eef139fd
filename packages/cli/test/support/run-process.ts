import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../bin/aloha.js", import.meta.url));

export interface ProcessResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  readonly result: Promise<ProcessResult>;
  /** Settles once stdout contains the text. */
  untilOutput(text: string): Promise<void>;
}

/** Runs the built `aloha` as a process of its own. */
export function startProcess(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningProcess {
  const child = spawn(process.execPath, [script, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", ...environment },
  });
  let out = "";
  let err = "";
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const watcher of watchers) watcher();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const result = new Promise<ProcessResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal, out, err }));
  });
  return {
    child,
    result,
    untilOutput: (text) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          if (!out.includes(text)) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
        void result.then((ended) =>
          reject(
            new Error(`ended before it printed ${JSON.stringify(text)}: ${JSON.stringify(ended)}`),
          ),
        );
      }),
  };
}
