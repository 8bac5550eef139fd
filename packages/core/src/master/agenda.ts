/** A binary heap of things that fall due: what is not removed is recognised as stale when it is due. */
export class Agenda<Item> {
  readonly #entries: { readonly atMs: number; readonly order: number; readonly item: Item }[] = [];
  #order = 0;

  /** The earliest time at which something is due; undefined when nothing is. */
  get nextMs(): number | undefined {
    return this.#entries[0]?.atMs;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(atMs: number, item: Item): void {
    const entries = this.#entries;
    let index = entries.length;
    const entry = { atMs, order: this.#order++, item };
    entries.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, entries[parent]!)) break;
      entries[index] = entries[parent]!;
      index = parent;
    }
    entries[index] = entry;
  }

  /** Keeps only the items for which `keep` holds. */
  retain(keep: (item: Item) => boolean): void {
    const entries = this.#entries;
    let kept = 0;
    for (const entry of entries) if (keep(entry.item)) entries[kept++] = entry;
    entries.length = kept;
    // Sorted is a heap too.
    entries.sort((left, right) => (isBefore(left, right) ? -1 : 1));
  }

  /** Takes out one item that is due at `nowMs`, the earliest first; undefined when none is. */
  takeDue(nowMs: number): Item | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    const last = this.#entries.pop()!;
    if (this.#entries.length > 0) this.#sink(last);
    return first.item;
  }

  #sink(entry: { readonly atMs: number; readonly order: number; readonly item: Item }): void {
    const entries = this.#entries;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && isBefore(entries[child + 1]!, entries[child]!)) child++;
      if (!isBefore(entries[child]!, entry)) break;
      entries[index] = entries[child]!;
      index = child;
    }
    entries[index] = entry;
  }
}

interface Due {
  readonly atMs: number;
  readonly order: number;
}

function isBefore(left: Due, right: Due): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
