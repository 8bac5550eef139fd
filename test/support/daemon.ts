import { closeSync, openSync, readFileSync } from "node:fs";
import { spawn, type ChildProcess } from "node:child_process";
import { eventually } from "./eventually.ts";
import { alohaScript } from "./repository.ts";

export interface DaemonOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Whether it serves now, as others see it. */
  readonly isReady: () => Promise<boolean>;
}

export interface DaemonExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

const readyMs = 20_000;
const stopMs = 20_000;

/** A master or worker as a process of its own, which can be stopped, killed, paused and started again. */
export class Daemon {
  readonly name: string;
  readonly #options: DaemonOptions;
  #child: ChildProcess | undefined;
  #exit: Promise<DaemonExit> | undefined;

  constructor(options: DaemonOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return (
      this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
    );
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** Its log over all its starts. */
  get log(): string {
    return readFileSync(this.#options.logFile, "utf8");
  }

  /** Starts it; settles once it serves. Rejects with its log if it ends before. */
  async start(): Promise<void> {
    this.launch();
    await eventually(
      async () => {
        if (!this.isRunning) return true;
        return this.#options.isReady();
      },
      readyMs,
      `${this.name} to be ready`,
    );
    if (!this.isRunning) throw new Error(`${this.name} ended instead of serving:\n${this.log}`);
  }

  /** Starts it without waiting. */
  launch(): void {
    if (this.isRunning) throw new Error(`${this.name} runs already`);
    const log = openSync(this.#options.logFile, "a");
    const child = spawn(process.execPath, [alohaScript, ...this.#options.args], {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: process.env["HOME"] ?? "/",
        ...this.#options.env,
      },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#exit = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    });
  }

  /** In order: SIGTERM, then waits for its end. */
  stop(): Promise<DaemonExit> {
    return this.kill("SIGTERM");
  }

  /** Sends the signal and waits for its end. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<DaemonExit> {
    this.#child?.kill(signal);
    return this.untilEnded();
  }

  async untilEnded(): Promise<DaemonExit> {
    if (this.#exit === undefined) throw new Error(`${this.name} was not started`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${this.name} did not end within ${stopMs} ms`)),
        stopMs,
      );
    });
    try {
      return await Promise.race([this.#exit, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it with `signal` and starts it again. */
  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.kill(signal);
    await this.start();
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }
}
