import type { Runtime, Timer } from "@aloha/runtime";

/** Deadlines are looked at this often at most: an ask may fail this much later than asked, never earlier. */
const GRANULARITY_MS = 10;

/** Something that ends at a time. */
export interface Deadline {
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  expire(): void;
}

/**
 * The deadlines of all asks under one timer. Adding and removing touch a set only; the set is walked
 * when the earliest deadline falls due, which with like timeouts is once per timeout.
 */
export class Deadlines {
  readonly #runtime: Runtime;
  readonly #pending = new Set<Deadline>();
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  add(deadline: Deadline): void {
    this.#pending.add(deadline);
    if (deadline.deadlineMs < this.#timerAtMs) this.#arm(deadline.deadlineMs);
  }

  remove(deadline: Deadline): void {
    this.#pending.delete(deadline);
  }

  clear(): void {
    this.#pending.clear();
    this.#disarm();
  }

  #arm(deadlineMs: number): void {
    this.#timer?.clear();
    this.#timerAtMs = Math.ceil(deadlineMs / GRANULARITY_MS) * GRANULARITY_MS;
    const delayMs = Math.max(0, this.#timerAtMs - this.#runtime.clock.monotonicMs());
    this.#timer = this.#runtime.timers.after(delayMs, () => this.#fire(), { keepAlive: false });
  }

  #disarm(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    this.#disarm();
    const nowMs = this.#runtime.clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const deadline of this.#pending) {
      if (deadline.deadlineMs > nowMs) {
        nextMs = Math.min(nextMs, deadline.deadlineMs);
        continue;
      }
      this.#pending.delete(deadline);
      deadline.expire();
    }
    if (nextMs < this.#timerAtMs) this.#arm(Math.max(nextMs, nowMs + GRANULARITY_MS));
  }
}
