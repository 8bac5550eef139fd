import { CapacityKinds } from "./capacity-kinds.ts";
import type { Totals } from "./capacity-kinds.ts";
import { amountOf } from "./resources.ts";
import type { ResourceNeeds, Resources } from "./resources.ts";
import type { Shape } from "./shape.ts";

/** What placement knows of one worker. Free amounts are lowered when something is placed. */
export interface WorkerCapacity {
  readonly workerId: string;
  readonly freeMilliCores: number;
  readonly freeMemoryMiB: number;
  readonly freeResources: Resources;
  readonly totalMilliCores: number;
  readonly totalMemoryMiB: number;
  readonly totalResources: Resources;
  /** Whether new applications may be placed on it at all. */
  readonly accepting: boolean;
}

/** Most free cores first, then most free memory, then the smaller id. */
export function compareWorkers(a: WorkerCapacity, b: WorkerCapacity): number {
  if (a.freeMilliCores !== b.freeMilliCores) return b.freeMilliCores - a.freeMilliCores;
  if (a.freeMemoryMiB !== b.freeMemoryMiB) return b.freeMemoryMiB - a.freeMemoryMiB;
  return a.workerId < b.workerId ? -1 : a.workerId > b.workerId ? 1 : 0;
}

/** The workers that accept and are not reserved, in the order in which they are preferred. */
export class OpenWorkers {
  readonly #sorted: WorkerCapacity[] = [];
  readonly #kinds = new CapacityKinds();

  add(worker: WorkerCapacity): void {
    this.#sorted.splice(this.#indexOf(worker), 0, worker);
    this.#kinds.add(worker);
  }

  delete(worker: WorkerCapacity): void {
    const index = this.#indexOf(worker);
    if (this.#sorted[index] !== worker) return;
    this.#sorted.splice(index, 1);
    this.#kinds.delete(worker);
  }

  /** The preferred worker on which the shape fits now. */
  bestFor(shape: Shape): WorkerCapacity | undefined {
    for (const worker of this.#sorted) {
      if (worker.freeMilliCores < shape.milliCores) return undefined;
      if (shape.fitsFree(worker)) return worker;
    }
    return undefined;
  }

  /** The worker that is nearest to having room for the shape, of those that are large enough in total. */
  bestProspect(shape: Shape): WorkerCapacity | undefined {
    let best: WorkerCapacity | undefined;
    let bestShortfall = Number.POSITIVE_INFINITY;
    for (const worker of this.#sorted) {
      if (!shape.fitsTotal(worker)) continue;
      const shortfall = shortfallOf(shape, worker);
      if (shortfall >= bestShortfall) continue;
      best = worker;
      bestShortfall = shortfall;
    }
    return best;
  }

  /** Totals such that whatever fits on any open worker in total fits into one of these. */
  largest(): readonly Totals[] {
    return this.#kinds.largest();
  }

  #indexOf(worker: WorkerCapacity): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareWorkers(this.#sorted[middle]!, worker) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The part of what a shape needs that is not free yet: 0 when it fits, 1 when nothing is free. */
export function shortfallOf(
  shape: {
    readonly milliCores: number;
    readonly memoryMiB: number;
    readonly needs: ResourceNeeds;
  },
  worker: WorkerCapacity,
): number {
  return Math.max(
    0,
    1 - worker.freeMilliCores / Math.max(1, shape.milliCores),
    1 - worker.freeMemoryMiB / Math.max(1, shape.memoryMiB),
    ...shape.needs.entries.map(
      ([name, amount]) => 1 - amountOf(worker.freeResources, name) / amount,
    ),
  );
}
