import { invariant } from "../error.ts";
import type { Shape } from "./shape.ts";

const vacant = Number.POSITIVE_INFINITY;

/**
 * What is known of every waiting application, one slot each, in columns: a million objects with
 * boxed numbers would take twice the memory. Slots are reused.
 */
export class WaitingTable {
  #orders = new Float64Array(64).fill(vacant);
  #sinceMs = new Float64Array(64);
  #positions = new Int32Array(64);
  readonly #appIds: string[] = [];
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #slots = new Map<string, number>();
  readonly #vacant: number[] = [];
  #used = 0;

  get size(): number {
    return this.#slots.size;
  }

  /** Gives the application a slot; one that waits already breaks an invariant. */
  add(appId: string, order: number, sinceMs: number, shape: Shape): number {
    const slot = this.#vacant.pop() ?? this.#used++;
    if (slot >= this.#orders.length) this.#grow();
    this.#orders[slot] = order;
    this.#sinceMs[slot] = sinceMs;
    this.#appIds[slot] = appId;
    this.#shapes[slot] = shape;
    // One look at the map, which is most of the cost of joining: a name that was there already does not make it larger.
    const sizeBefore = this.#slots.size;
    this.#slots.set(appId, slot);
    invariant(this.#slots.size > sizeBefore, `${appId} waits already`);
    return slot;
  }

  delete(slot: number): void {
    this.#slots.delete(this.#appIds[slot]!);
    this.#orders[slot] = vacant;
    this.#appIds[slot] = "";
    this.#shapes[slot] = undefined;
    this.#vacant.push(slot);
  }

  slotOf(appId: string): number | undefined {
    return this.#slots.get(appId);
  }

  appId(slot: number): string {
    return this.#appIds[slot]!;
  }

  order(slot: number): number {
    return this.#orders[slot]!;
  }

  sinceMs(slot: number): number {
    return this.#sinceMs[slot]!;
  }

  /** The shape in whose line the application stands. */
  shape(slot: number): Shape {
    return this.#shapes[slot]!;
  }

  setShape(slot: number, shape: Shape): void {
    this.#shapes[slot] = shape;
  }

  /** Where the slot is in its shape's line; kept by the shape. */
  position(slot: number): number {
    return this.#positions[slot]!;
  }

  setPosition(slot: number, position: number): void {
    this.#positions[slot] = position;
  }

  /** How many applications wait with a smaller order. Looks at all of them: about a millisecond for a million. */
  countBefore(order: number): number {
    let count = 0;
    for (let slot = 0; slot < this.#used; slot++) if (this.#orders[slot]! < order) count++;
    return count;
  }

  #grow(): void {
    const length = this.#orders.length * 2;
    this.#orders = copyInto(new Float64Array(length).fill(vacant), this.#orders);
    this.#sinceMs = copyInto(new Float64Array(length), this.#sinceMs);
    this.#positions = copyInto(new Int32Array(length), this.#positions);
  }
}

function copyInto<Column extends Float64Array | Int32Array>(
  target: Column,
  source: Column,
): Column {
  target.set(source);
  return target;
}
