import type { WorkerCapacity } from "./open-workers.ts";
import { hasResources } from "./resources.ts";
import type { ResourceNeeds } from "./resources.ts";
import type { ShapeNode } from "./shape-index.ts";
import type { WaitingTable } from "./waiting-table.ts";

/**
 * Everything that waits for the same cores, memory and resources, as a line ordered by `order`: only its head
 * is ever asked about. The line is a binary heap of slots of the table that knows its positions, so
 * that any application can leave it, and an older one can join it, in logarithmic time.
 */
export class Shape {
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly needs: ResourceNeeds;
  readonly #table: WaitingTable;
  readonly #line: number[] = [];
  /** Order of the head; infinite while nothing waits. */
  headOrder: number = Number.POSITIVE_INFINITY;
  /** Whether its head may fit on a worker that has not changed: it has not been tried everywhere yet. */
  fresh = false;
  /** The place in the index; null for what is reserved, which is not in the index. */
  node: ShapeNode | null = null;
  /** The worker that is reserved for it: then exactly one application is in line. */
  reservedWorkerId: string | null = null;

  constructor(milliCores: number, memoryMiB: number, needs: ResourceNeeds, table: WaitingTable) {
    this.milliCores = milliCores;
    this.memoryMiB = memoryMiB;
    this.needs = needs;
    this.#table = table;
  }

  get isEmpty(): boolean {
    return this.#line.length === 0;
  }

  /** The slot of the oldest application. */
  get head(): number {
    return this.#line[0]!;
  }

  /** By cores and memory alone. */
  fits(milliCores: number, memoryMiB: number): boolean {
    return this.milliCores <= milliCores && this.memoryMiB <= memoryMiB;
  }

  fitsFree(worker: WorkerCapacity): boolean {
    return (
      this.fits(worker.freeMilliCores, worker.freeMemoryMiB) &&
      hasResources(this.needs, worker.freeResources)
    );
  }

  fitsTotal(worker: WorkerCapacity): boolean {
    return (
      this.fits(worker.totalMilliCores, worker.totalMemoryMiB) &&
      hasResources(this.needs, worker.totalResources)
    );
  }

  add(slot: number): void {
    this.#line.push(slot);
    this.#rise(this.#line.length - 1, slot);
    this.#noteHead();
  }

  remove(slot: number): void {
    const position = this.#table.position(slot);
    const last = this.#line.pop()!;
    if (last !== slot) {
      this.#sink(position, last);
      this.#rise(this.#table.position(last), last);
    }
    this.#noteHead();
  }

  #noteHead(): void {
    this.headOrder = this.isEmpty ? Number.POSITIVE_INFINITY : this.#table.order(this.#line[0]!);
  }

  #rise(from: number, slot: number): void {
    const order = this.#table.order(slot);
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = this.#line[parent]!;
      if (this.#table.order(above) <= order) break;
      this.#put(position, above);
      position = parent;
    }
    this.#put(position, slot);
  }

  #sink(from: number, slot: number): void {
    const order = this.#table.order(slot);
    let position = from;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= this.#line.length) break;
      if (child + 1 < this.#line.length && this.#orderAt(child + 1) < this.#orderAt(child)) child++;
      if (order <= this.#orderAt(child)) break;
      this.#put(position, this.#line[child]!);
      position = child;
    }
    this.#put(position, slot);
  }

  #orderAt(position: number): number {
    return this.#table.order(this.#line[position]!);
  }

  #put(position: number, slot: number): void {
    this.#line[position] = slot;
    this.#table.setPosition(slot, position);
  }
}
