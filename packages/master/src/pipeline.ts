/**
 * Batch -> commit -> release. Inputs gather in an inbox; a drain takes what has arrived as one
 * batch and steps it; the records and events of the batch go to the store in one commit; what the
 * batch says leaves only when that commit and every commit before it are done. The next batch is
 * stepped meanwhile, so that a slow disk makes batches larger, not answers wrong.
 *
 *   open -> closing -> closed      stop: what arrived is still stepped, committed and released
 *   open | closing -> failed       a commit failed: nothing is released any more
 */
import { toAlohaError } from "@aloha/core";
import type {
  AlohaError,
  AlohaEvent,
  Batch,
  MasterAnswer,
  MasterEffect,
  MasterInput,
  Now,
  StoreChange,
  Token,
} from "@aloha/core";
import type { Clock, Timer, Timers } from "@aloha/runtime";

export interface PipelineLimits {
  /** Inputs that wait to be stepped, above which clients are refused; workers are at twice that. */
  readonly inboxLengthMax: number;
  /** Inputs of one batch. */
  readonly batchLengthMax: number;
  /** Batches that were stepped and are not committed yet. */
  readonly batchesUnderWayMax: number;
}

export const defaultPipelineLimits: PipelineLimits = {
  inboxLengthMax: 10_000,
  batchLengthMax: 1_000,
  // One that is being written and one that waits for the disk: more would only make the batches smaller.
  batchesUnderWayMax: 2,
};

export type LookUp = Extract<MasterEffect, { readonly kind: "look-up" }>;

/** Where the outputs go. None of these may throw. */
export interface PipelineOutputs {
  answer(token: Token, answer: MasterAnswer): void;
  event(event: AlohaEvent): void;
  lookUp(lookUp: LookUp): void;
}

export interface PipelineOptions {
  /** Steps the core; what it throws ends the pipeline. */
  readonly step: (inputs: readonly MasterInput[], now: Now) => readonly MasterEffect[];
  /** Makes a batch durable: resolves once it is, rejects if it is not certain to be. Called in order, without waiting for the one before. */
  readonly commit: (batch: Batch) => Promise<void>;
  readonly outputs: PipelineOutputs;
  /** Called once, when the pipeline fails. */
  readonly failed: (error: AlohaError) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits?: Partial<PipelineLimits>;
}

type Output = Exclude<MasterEffect, { readonly kind: "persist" } | { readonly kind: "wake" }>;

interface UnderWay {
  readonly outputs: readonly Output[];
  committed: boolean;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #limits: PipelineLimits;
  #inbox: MasterInput[] = [];
  /** Batches that were stepped and not yet released, oldest first. */
  readonly #underWay: UnderWay[] = [];
  #state: "open" | "closing" | "closed" | "failed" = "open";
  #drainScheduled = false;
  #wake: { readonly atMs: number; readonly timer: Timer } | undefined;
  #closed: (() => void)[] = [];

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#limits = { ...defaultPipelineLimits, ...options.limits };
  }

  get inboxLength(): number {
    return this.#inbox.length;
  }

  /** Effects that no input brought about: those of the core's creation. They are a batch of their own, before any other. */
  begin(effects: readonly MasterEffect[]): void {
    if (this.#state === "open") this.#carryOut(effects);
  }

  /** Takes an input. False: a question that found no room, or the pipeline has ended; it will not be stepped. */
  push(input: MasterInput): boolean {
    if (this.#state !== "open") return false;
    if (this.#inbox.length >= roomFor(input, this.#limits.inboxLengthMax)) return false;
    this.#inbox.push(input);
    this.#scheduleDrain();
    return true;
  }

  /** Takes nothing more; resolves once everything taken is stepped, committed and released, or the pipeline failed. */
  close(): Promise<void> {
    if (this.#state === "open") this.#state = "closing";
    return new Promise((resolve) => {
      this.#closed.push(resolve);
      this.#finishClosing();
    });
  }

  /** Stops at once: nothing is stepped or released any more, and `failed` is not called. */
  abort(): void {
    if (this.#isOver()) return;
    this.#state = "failed";
    this.#inbox = [];
    this.#underWay.length = 0;
    this.#end();
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled || this.#underWay.length >= this.#limits.batchesUnderWayMax) return;
    this.#drainScheduled = true;
    // The next turn: what arrives together is one batch.
    this.#options.timers.soon(() => {
      this.#drainScheduled = false;
      this.#drain();
    });
  }

  #drain(): void {
    if (this.#isOver() || this.#inbox.length === 0) return;
    if (this.#underWay.length >= this.#limits.batchesUnderWayMax) return;
    const inputs = this.#takeBatch();
    let effects: readonly MasterEffect[];
    try {
      effects = this.#options.step(inputs, this.#now());
    } catch (thrown) {
      this.#fail(toAlohaError(thrown));
      return;
    }
    this.#carryOut(effects);
    if (this.#inbox.length > 0) this.#scheduleDrain();
  }

  #takeBatch(): readonly MasterInput[] {
    if (this.#inbox.length <= this.#limits.batchLengthMax) {
      const all = this.#inbox;
      this.#inbox = [];
      return all;
    }
    return this.#inbox.splice(0, this.#limits.batchLengthMax);
  }

  #carryOut(effects: readonly MasterEffect[]): void {
    const changes: StoreChange[] = [];
    const events: AlohaEvent[] = [];
    const outputs: Output[] = [];
    for (const effect of effects) {
      switch (effect.kind) {
        case "persist":
          changes.push(effect.change);
          break;
        case "event":
          events.push(effect.event);
          outputs.push(effect);
          break;
        case "answer":
          if (effect.urgent) this.#options.outputs.answer(effect.token, effect.answer);
          else outputs.push(effect);
          break;
        case "look-up":
          outputs.push(effect);
          break;
        case "wake":
          this.#setWake(effect.atMs);
          break;
      }
    }
    const underWay: UnderWay = { outputs, committed: changes.length === 0 && events.length === 0 };
    this.#underWay.push(underWay);
    if (underWay.committed) {
      this.#release();
      return;
    }
    this.#options.commit({ changes, events }).then(
      () => {
        underWay.committed = true;
        this.#release();
      },
      (thrown: unknown) => this.#fail(toAlohaError(thrown, "store-failed")),
    );
  }

  /** Lets out every batch, from the oldest on, up to the first that is not committed. */
  #release(): void {
    if (this.#isOver()) return;
    while (this.#underWay[0]?.committed === true) {
      for (const output of this.#underWay.shift()!.outputs) this.#send(output);
    }
    if (this.#inbox.length > 0) this.#scheduleDrain();
    this.#finishClosing();
  }

  #send(output: Output): void {
    switch (output.kind) {
      case "answer":
        this.#options.outputs.answer(output.token, output.answer);
        break;
      case "event":
        this.#options.outputs.event(output.event);
        break;
      case "look-up":
        this.#options.outputs.lookUp(output);
        break;
    }
  }

  #setWake(atMs: number): void {
    if (this.#wake?.atMs === atMs) return;
    this.#wake?.timer.clear();
    const delayMs = Math.max(0, atMs - this.#options.clock.bootMs());
    const timer = this.#options.timers.after(delayMs, () => {
      this.#wake = undefined;
      this.push({ kind: "wake" });
    });
    this.#wake = { atMs, timer };
  }

  #finishClosing(): void {
    const done =
      this.#isOver() ||
      (this.#state === "closing" && this.#inbox.length === 0 && this.#underWay.length === 0);
    if (!done) return;
    if (this.#state === "closing") this.#state = "closed";
    this.#end();
  }

  #fail(error: AlohaError): void {
    if (this.#isOver()) return;
    this.abort();
    this.#options.failed(error);
  }

  #end(): void {
    this.#wake?.timer.clear();
    this.#wake = undefined;
    const closed = this.#closed;
    this.#closed = [];
    for (const resolve of closed) resolve();
  }

  #isOver(): boolean {
    return this.#state === "failed" || this.#state === "closed";
  }

  #now(): Now {
    return { bootMs: this.#options.clock.bootMs(), wallMs: this.#options.clock.wallMs() };
  }
}

/**
 * How long the inbox may be for an input to be taken. Clients are refused first, so that a flood of submissions costs
 * no worker its lease; what the shell itself has to say may not get lost.
 */
function roomFor(input: MasterInput, inboxLengthMax: number): number {
  switch (input.kind) {
    case "wake":
    case "abandoned":
    case "looked-up":
    case "store-space":
    case "alert":
      return Number.POSITIVE_INFINITY;
    case "register":
    case "sync":
    case "probe":
      return 2 * inboxLengthMax;
    case "submit":
    case "kill":
    case "explain":
    case "list-workers":
    case "show-worker":
    case "drain-worker":
    case "resume-worker":
    case "label-worker":
    case "overview":
    case "barrier":
      return inboxLengthMax;
  }
}
