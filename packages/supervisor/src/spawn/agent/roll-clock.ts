import type { AttemptKey } from "@aloha/core";
import type { Runtime, Timer } from "@aloha/runtime";
import { periodEndMs } from "../../output/roll-period.ts";

/** Timers take no more; a longer period is waited for in parts. */
const WAIT_MS_MAX = 3_600_000;

/** Tells when a period of wall-clock time is over in which an attempt's output had files of its own. */
export class RollClock {
  readonly #runtime: Runtime;
  readonly #onPeriodOver: (attempt: AttemptKey) => void;
  readonly #periods = new Map<AttemptKey, { readonly everyMs: number; endsAtMs: number }>();
  #timer: Timer | null = null;

  constructor(runtime: Runtime, onPeriodOver: (attempt: AttemptKey) => void) {
    this.#runtime = runtime;
    this.#onPeriodOver = onPeriodOver;
  }

  /** `everyMs`: null if time does not matter. */
  add(attempt: AttemptKey, everyMs: number | null): void {
    if (everyMs === null) return;
    this.#periods.set(attempt, {
      everyMs,
      endsAtMs: periodEndMs(everyMs, this.#runtime.clock.wallMs()),
    });
    this.#wait();
  }

  remove(attempt: AttemptKey): void {
    this.#periods.delete(attempt);
  }

  close(): void {
    this.#timer?.clear();
    this.#periods.clear();
  }

  #wait(): void {
    this.#timer?.clear();
    this.#timer = null;
    if (this.#periods.size === 0) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { endsAtMs } of this.#periods.values()) nextMs = Math.min(nextMs, endsAtMs);
    const delayMs = Math.max(0, Math.min(WAIT_MS_MAX, nextMs - this.#runtime.clock.wallMs()));
    this.#timer = this.#runtime.timers.after(delayMs, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#runtime.clock.wallMs();
    for (const [attempt, period] of this.#periods) {
      if (nowMs < period.endsAtMs) continue;
      period.endsAtMs = periodEndMs(period.everyMs, nowMs);
      this.#onPeriodOver(attempt);
    }
    this.#wait();
  }
}
