import { invariant } from "../error.ts";
import { hasResources } from "./resources.ts";
import type { ResourceNeeds, Resources } from "./resources.ts";
import type { Shape } from "./shape.ts";
import { ShapeIndex } from "./shape-index.ts";
import type { WaitingTable } from "./waiting-table.ts";

/**
 * The shapes of everything that waits, one index for each combination of resources: there are few,
 * and nearly everything needs none. A search asks only the indexes whose resources are there.
 */
export class ShapeDirectory {
  readonly #table: WaitingTable;
  readonly #indexes = new Map<
    string,
    { readonly needs: ResourceNeeds; readonly index: ShapeIndex }
  >();

  constructor(table: WaitingTable) {
    this.#table = table;
  }

  /** How many combinations of resources wait. */
  get size(): number {
    return this.#indexes.size;
  }

  has(needs: ResourceNeeds): boolean {
    return this.#indexes.has(needs.key);
  }

  /** The shape of these amounts; a new one is empty and must be given an application at once. */
  obtain(milliCores: number, memoryMiB: number, needs: ResourceNeeds): Shape {
    let entry = this.#indexes.get(needs.key);
    if (entry === undefined) {
      entry = { needs, index: new ShapeIndex(this.#table, needs) };
      this.#indexes.set(needs.key, entry);
    }
    return entry.index.obtain(milliCores, memoryMiB);
  }

  /** The oldest shape that needs no more than this. */
  oldestWithin(milliCores: number, memoryMiB: number, resources: Resources): Shape | undefined {
    let best: Shape | undefined;
    for (const { needs, index } of this.#indexes.values()) {
      if (hasResources(needs, resources)) best = index.oldestWithin(milliCores, memoryMiB, best);
    }
    return best;
  }

  /** To be called when the head of a shape has changed. An empty shape leaves. */
  headChanged(shape: Shape): void {
    const entry = this.#indexes.get(shape.needs.key);
    invariant(entry !== undefined, "a shape that is indexed has an index");
    entry.index.headChanged(shape);
    if (entry.index.isEmpty) this.#indexes.delete(shape.needs.key);
  }

  *shapes(): Generator<Shape> {
    for (const { index } of this.#indexes.values()) yield* index.shapes();
  }
}
