import type { Shape } from "./shape.ts";

interface Entry {
  readonly order: number;
  readonly shape: Shape;
}

/**
 * Shapes whose head has not been tried on every worker yet, the oldest head first. Whenever the
 * head of a fresh shape changes it is added again; entries that no longer tell the truth are dropped when met.
 */
export class FreshShapes {
  readonly #heap: Entry[] = [];

  /** Takes note of the present head of the shape. */
  add(shape: Shape): void {
    shape.fresh = true;
    if (shape.isEmpty) return;
    const entry = { order: shape.headOrder, shape };
    let position = this.#heap.push(entry) - 1;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (this.#heap[parent]!.order <= entry.order) break;
      this.#heap[position] = this.#heap[parent]!;
      position = parent;
    }
    this.#heap[position] = entry;
  }

  oldest(): Shape | undefined {
    for (;;) {
      const entry = this.#heap[0];
      if (entry === undefined) return undefined;
      if (entry.shape.fresh && entry.shape.headOrder === entry.order) return entry.shape;
      this.#dropFirst();
    }
  }

  /** The oldest was tried everywhere and fits nowhere. */
  settleOldest(): void {
    this.#heap[0]!.shape.fresh = false;
    this.#dropFirst();
  }

  #dropFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && this.#heap[child + 1]!.order < this.#heap[child]!.order)
        child++;
      if (last.order <= this.#heap[child]!.order) break;
      this.#heap[position] = this.#heap[child]!;
      position = child;
    }
    this.#heap[position] = last;
  }
}
