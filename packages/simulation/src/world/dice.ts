import { SeededRandom } from "@aloha/runtime/memory";

/** The one source of chance in a run. Everything that is random draws from it, so one seed gives one history. */
export class Dice {
  readonly source: SeededRandom;

  constructor(seed: number) {
    this.source = new SeededRandom(seed);
  }

  chance(probability: number): boolean {
    return this.source.fraction() < probability;
  }

  /** A number between `low` and `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.source.fraction();
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.source.fraction() * (high - low + 1));
  }

  /** A wait as between events that happen independently of each other, `meanMs` apart on average. */
  exponential(meanMs: number): number {
    return -meanMs * Math.log(1 - this.source.fraction());
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }
}
