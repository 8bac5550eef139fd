import { Dice } from "./dice.ts";
import { EventQueue } from "./event-queue.ts";
import type { Scheduled } from "./event-queue.ts";
import { Trace } from "./trace.ts";

/**
 * Time, chance and what is remembered of a run: one queue of events on one clock, drawn from one
 * seed. `nowMs` is the true time, which nobody inside the simulation can see: hosts have clocks
 * that drift.
 */
export class World {
  readonly dice: Dice;
  readonly trace: Trace;
  readonly #queue = new EventQueue();
  #nowMs = 0;
  #eventCount = 0;

  constructor(options: { readonly seed: number; readonly sink: ((line: string) => void) | null }) {
    this.dice = new Dice(options.seed);
    this.trace = new Trace(options.sink);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Lets `fire` happen `delayMs` from now. */
  after(delayMs: number, fire: () => void): Scheduled {
    return this.#queue.add(this.#nowMs + Math.max(0, delayMs), fire);
  }

  note(who: string, what: string): void {
    this.trace.add(this.#nowMs, who, what);
  }

  /**
   * Lets everything happen up to `untilMs`, or until `isDone` says so after an event. Promises
   * that an event settles are followed up before the next event, so that their order is fixed too.
   */
  async run(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    for (;;) {
      const next = this.#queue.take(untilMs);
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#eventCount++;
      next.fire();
      await Promise.resolve();
      if (isDone()) return;
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}
