import { needsOf } from "./resources.ts";
import type { Resources } from "./resources.ts";

/** What a worker has in all. */
export interface Totals {
  readonly totalMilliCores: number;
  readonly totalMemoryMiB: number;
  readonly totalResources: Resources;
}

interface Kind extends Totals {
  count: number;
}

/**
 * The kinds of machines among some workers: a cluster has thousands of workers, but few kinds.
 * So the largest ones are known without looking at the workers whenever one comes or goes.
 */
export class CapacityKinds {
  readonly #kinds = new Map<string, Kind>();
  /** Null when it has to be made anew. */
  #largest: readonly Totals[] | null = [];

  add(totals: Totals): void {
    const key = keyOf(totals);
    const kind = this.#kinds.get(key);
    if (kind !== undefined) {
      kind.count++;
      return;
    }
    this.#kinds.set(key, {
      totalMilliCores: totals.totalMilliCores,
      totalMemoryMiB: totals.totalMemoryMiB,
      totalResources: totals.totalResources,
      count: 1,
    });
    this.#largest = null;
  }

  delete(totals: Totals): void {
    const key = keyOf(totals);
    const kind = this.#kinds.get(key)!;
    if (--kind.count > 0) return;
    this.#kinds.delete(key);
    this.#largest = null;
  }

  /** Kinds such that whatever fits into any kind fits into one of these (the Pareto frontier, of each combination of resources). */
  largest(): readonly Totals[] {
    this.#largest ??= frontiers([...this.#kinds.values()]);
    return this.#largest;
  }
}

function frontiers(kinds: readonly Kind[]): readonly Totals[] {
  const byResources = new Map<string, Kind[]>();
  for (const kind of kinds) {
    const { key } = needsOf(kind.totalResources);
    const same = byResources.get(key);
    if (same === undefined) byResources.set(key, [kind]);
    else same.push(kind);
  }
  return [...byResources.values()].flatMap(frontier);
}

function frontier(kinds: Totals[]): readonly Totals[] {
  kinds.sort(
    (a, b) => b.totalMilliCores - a.totalMilliCores || b.totalMemoryMiB - a.totalMemoryMiB,
  );
  const largest: Totals[] = [];
  for (const kind of kinds) {
    if (largest.length === 0 || kind.totalMemoryMiB > largest.at(-1)!.totalMemoryMiB)
      largest.push(kind);
  }
  return largest;
}

function keyOf(totals: Totals): string {
  return `${totals.totalMilliCores}/${totals.totalMemoryMiB}/${needsOf(totals.totalResources).key}`;
}
