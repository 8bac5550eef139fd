import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Clock, Timer, Timers } from "@aloha/runtime";
import { isToParent } from "../daemon/parent-messages.ts";
import type { ToChild, ToParent } from "../daemon/parent-messages.ts";

/** What is told about a managed process as it lives. */
export interface ManagedProcessListener {
  /** It is ready again after it had died. */
  restarted(message: ToParent, startupMs: number): void;
  /** It ended although nobody asked it to; it is started again after `restartMs`. */
  died(how: string, restartMs: number): void;
}

export interface ManagedProcessOptions {
  readonly name: string;
  /** Arguments of node: script first. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Its stdout and stderr are appended here. */
  readonly logFile: string;
  readonly listener: ManagedProcessListener;
  readonly clock: Clock;
  readonly timers: Timers;
}

const restartMsMin = 500;
const restartMsMax = 10_000;
/** After this long in good health the next restart is quick again. */
const settledMs = 30_000;

/**
 * A daemon that is kept alive: started again with growing pauses when it dies. It has a session of its
 * own, so that Ctrl-C in the terminal reaches only its parent, which stops things in order. When
 * the parent dies the channel closes, and the daemon stops by itself.
 */
export class ManagedProcess {
  readonly name: string;
  readonly #options: ManagedProcessOptions;
  #child: ChildProcess | undefined;
  #restartTimer: Timer | undefined;
  #restartMs = restartMsMin;
  #stopping = false;

  constructor(options: ManagedProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it; settles when it is ready for the first time, and throws how it ended if it ends before. */
  start(): Promise<ToParent> {
    return new Promise((resolve, reject) => {
      this.#launch({ ready: resolve, ended: (how) => reject(new Error(how)) });
    });
  }

  /** Asks it to stop and waits for its end, at most `limitMs`; then ends it by force. */
  async stop(message: ToChild, limitMs: number): Promise<"was-not-running" | "stopped" | "killed"> {
    this.#stopping = true;
    this.#restartTimer?.clear();
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return "was-not-running";
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
    });
    // A refused message means that the channel is closed, so that it stops by itself.
    child.send(message, () => {});
    let forced = false;
    const timer = this.#options.timers.after(limitMs, () => {
      forced = true;
      child.kill("SIGKILL");
    });
    await ended;
    timer.clear();
    return forced ? "killed" : "stopped";
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping = true;
    this.#restartTimer?.clear();
    this.#child?.kill("SIGKILL");
  }

  #launch(first?: { ready(message: ToParent): void; ended(how: string): void }): void {
    const { argv, environment, logFile, listener, clock, timers } = this.#options;
    const startedAt = clock.monotonicMs();
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, argv, {
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      env: environment,
    });
    closeSync(log);
    this.#child = child;
    let isReady = false;
    child.on("message", (message) => {
      if (!isToParent(message)) return;
      isReady = true;
      if (first === undefined) listener.restarted(message, clock.monotonicMs() - startedAt);
      else first.ready(message);
    });
    const onEnd = (how: string): void => {
      if (this.#stopping) return;
      if (first !== undefined && !isReady) {
        first.ended(how);
        return;
      }
      const restartMs =
        clock.monotonicMs() - startedAt > settledMs ? restartMsMin : this.#restartMs;
      this.#restartMs = Math.min(restartMs * 2, restartMsMax);
      listener.died(how, restartMs);
      this.#restartTimer = timers.after(restartMs, () => this.#launch());
    };
    child.once("error", (error) => onEnd(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      onEnd(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
