import type { Clock } from "../clock.ts";
import type { Timer, Timers } from "../timers.ts";

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
  cleared: boolean;
}

/** A clock and timers that move only when told to. All three clocks start at `startMs`. */
export class SimulatedTime implements Clock, Timers {
  #nowMs: number;
  #order = 0;
  readonly #pending: Pending[] = [];

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  bootMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fire: () => void): Timer {
    const pending: Pending = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      fire,
      cleared: false,
    };
    this.#pending.push(pending);
    return {
      clear: () => {
        pending.cleared = true;
      },
    };
  }

  every(periodMs: number, fire: () => void): Timer {
    let current: Timer;
    let stopped = false;
    const next = (): void => {
      current = this.after(periodMs, () => {
        fire();
        if (!stopped) next();
      });
    };
    next();
    return {
      clear: () => {
        stopped = true;
        current.clear();
      },
    };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  /** Moves time forward by `durationMs`, firing what falls due in order of time, then of creation. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      const next = this.#takeNext(untilMs);
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fire();
    }
    this.#nowMs = untilMs;
  }

  #takeNext(untilMs: number): Pending | undefined {
    let best = -1;
    for (let index = 0; index < this.#pending.length; index++) {
      const candidate = this.#pending[index]!;
      if (candidate.cleared) {
        this.#pending.splice(index--, 1);
        continue;
      }
      if (candidate.atMs > untilMs) continue;
      const leader = this.#pending[best];
      if (
        leader === undefined ||
        candidate.atMs < leader.atMs ||
        (candidate.atMs === leader.atMs && candidate.order < leader.order)
      ) {
        best = index;
      }
    }
    return best < 0 ? undefined : this.#pending.splice(best, 1)[0];
  }
}
