import { stepWorker } from "@aloha/core";
import type {
  AttemptKey,
  SupervisorReport,
  WorkerEffect,
  WorkerInput,
  WorkerJournalEntry,
  WorkerState,
} from "@aloha/core";
import type { AppendLog, Runtime, Timer } from "@aloha/runtime";
import type { SupervisorClient } from "@aloha/supervisor";
import { HealthChecker } from "./health/health-checker.ts";
import type { MasterClient } from "./master-client.ts";
import { prepareCommand, type PrepareOptions } from "./prepare-command.ts";

/** Why a worker ended. `code` is that of the process. */
export interface WorkerExit {
  readonly code: number;
  readonly message: string;
}

export interface WorkerShellOptions {
  readonly runtime: Runtime;
  readonly state: WorkerState;
  readonly journal: AppendLog<WorkerJournalEntry>;
  readonly masters: MasterClient;
  readonly prepare: PrepareOptions;
  /** Connects to the supervisor, and stays connected. */
  readonly attach: (
    onReport: (report: SupervisorReport) => void,
    onDisconnected: () => void,
  ) => SupervisorClient;
}

/** Carries out what the worker's state machine decides, and feeds it what happens. Decides nothing itself. */
export class WorkerShell {
  /** Settles when the state machine has said its last word; what it held open is closed by the caller. */
  readonly ended: Promise<WorkerExit>;
  readonly #options: WorkerShellOptions;
  readonly #inputs: WorkerInput[] = [];
  readonly #health: HealthChecker;
  #end: (exit: WorkerExit) => void = () => {};
  #stepping = false;
  #over = false;
  #supervisor: SupervisorClient | undefined;
  #timer: Timer | undefined;

  constructor(options: WorkerShellOptions) {
    this.#options = options;
    this.#health = new HealthChecker(options.prepare, options.runtime, (input) => this.feed(input));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Whether the output of an attempt may still grow. */
  isLive(attempt: AttemptKey): boolean {
    const held = this.#options.state.attempts.get(attempt);
    return held !== undefined && held.phase.kind !== "ended" && held.phase.kind !== "settling";
  }

  /** Whether the supervisor is there, and with it every attempt that it runs is known. */
  get isSupervised(): boolean {
    return this.#options.state.link.kind === "attached";
  }

  /** The ids of the applications of which this worker holds an attempt. */
  heldApplications(): ReadonlySet<string> {
    return new Set([...this.#options.state.attempts.values()].map(({ appId }) => appId));
  }

  /** Takes an input now, or after the one that is being taken. */
  feed(input: WorkerInput): void {
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        this.#step(next);
      }
    } finally {
      this.#stepping = false;
    }
  }

  #step(input: WorkerInput): void {
    if (this.#over) return;
    const { state, runtime } = this.#options;
    const now = { bootMs: runtime.clock.bootMs(), wallMs: runtime.clock.wallMs() };
    for (const effect of stepWorker(state, input, now)) this.#carryOut(effect);
  }

  #carryOut(effect: WorkerEffect): void {
    const { logger } = this.#options.runtime;
    switch (effect.kind) {
      case "attach":
        this.#attach();
        break;
      case "supervise":
        // If it is lost, `detached` follows, and what is still wanted is said again after the next attach.
        if (effect.command.kind !== "attach") this.#supervisor?.send(effect.command);
        break;
      case "ask":
        void this.#ask(effect);
        break;
      case "journal":
        void this.#journal(effect.token, this.#options.journal.append(effect.entries));
        break;
      case "rewrite-journal":
        void this.#journal(effect.token, this.#options.journal.rewrite(effect.entries));
        break;
      case "prepare":
        void this.#prepare(effect);
        break;
      case "check-health":
        this.#health.check(effect);
        break;
      case "wake":
        this.#wake(effect.atMs);
        break;
      case "alert":
        logger.error(effect.message, { alert: effect.code });
        break;
      case "alert-cleared":
        logger.info("An alert is over", { alert: effect.code });
        break;
      case "log":
        logger[effect.level](effect.message, effect.fields);
        break;
      case "exit":
        this.#exit({ code: effect.code, message: effect.message });
        break;
    }
  }

  /** The client connects again by itself; it is made once. */
  #attach(): void {
    this.#supervisor ??= this.#options.attach(
      (report) => this.feed({ kind: "supervisor", report }),
      () => this.feed({ kind: "detached", message: "the connection was lost" }),
    );
  }

  async #ask({
    to,
    message,
    token,
    timeoutMs,
  }: Extract<WorkerEffect, { kind: "ask" }>): Promise<void> {
    const answer = await this.#options.masters.ask(to, message, timeoutMs);
    this.feed({ ...answer, token });
  }

  async #journal(token: number, written: Promise<void>): Promise<void> {
    try {
      await written;
      this.feed({ kind: "journalled", token });
    } catch (error) {
      this.#options.runtime.logger.error("The worker's journal cannot be written", { error });
      const message = error instanceof Error ? error.message : String(error);
      this.feed({ kind: "journal-failed", message });
    }
  }

  async #prepare({
    attempt,
    description,
  }: Extract<WorkerEffect, { kind: "prepare" }>): Promise<void> {
    const prepared = await prepareCommand(attempt, description, this.#options.prepare);
    if (prepared.kind === "prepared") {
      this.feed({ kind: "prepared", attempt, command: prepared.command });
    } else {
      const { code, message } = prepared;
      this.feed({ kind: "prepare-failed", attempt, code, message });
    }
  }

  #wake(atMs: number | null): void {
    this.#timer?.clear();
    this.#timer = undefined;
    if (atMs === null) return;
    const { clock, timers } = this.#options.runtime;
    this.#timer = timers.after(Math.max(0, atMs - clock.bootMs()), () =>
      this.feed({ kind: "woke" }),
    );
  }

  #exit(exit: WorkerExit): void {
    this.#over = true;
    this.#timer?.clear();
    this.#supervisor?.close();
    this.#end(exit);
  }
}
