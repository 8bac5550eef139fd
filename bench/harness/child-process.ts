import { spawn, type ChildProcess } from "node:child_process";
import { closeIfInterrupted } from "./open-resources.ts";

/** What of a child's output is kept for messages: the last part is what tells why it failed. */
const OUTPUT_LENGTH_MAX = 8192;

/** A process that a benchmark measures. Killed with SIGKILL when it goes out of scope. */
export class MeasuredProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = "";

  /** Starts a command; arguments are passed as they are, without a shell. */
  constructor(
    command: string,
    args: readonly string[],
    options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
  ) {
    this.#child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_LENGTH_MAX);
      });
    }
    const closed = closeIfInterrupted(this);
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", () => {
        closed();
        resolve();
      });
      this.#child.once("error", (error) => {
        this.#output += error.message;
        resolve();
      });
    });
  }

  /** Waits for output that matches, and gives the match; rejects if the process ends before or `timeoutMs` pass. */
  async outputMatching(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const deadlineMs = performance.now() + timeoutMs;
    while (performance.now() < deadlineMs) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      const ended = await Promise.race([this.#ended.then(() => true), pause()]);
      if (ended) break;
    }
    throw new Error(`No output like ${pattern.source}; the last of it was:\n${this.#output}`);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.end("SIGKILL");
  }
}

function pause(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 5));
}
