/** Something that is going to happen. Cancelled ones are thrown away when their time comes. */
export interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** What is going to happen, by time and then in the order in which it was scheduled: a binary heap. */
export class EventQueue {
  readonly #entries: Scheduled[] = [];
  #order = 0;

  get length(): number {
    return this.#entries.length;
  }

  add(atMs: number, fire: () => void): Scheduled {
    const entries = this.#entries;
    const added: Scheduled = { atMs, order: this.#order++, fire, cancelled: false };
    let index = entries.length;
    entries.push(added);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(added, entries[parent]!)) break;
      entries[index] = entries[parent]!;
      index = parent;
    }
    entries[index] = added;
    return added;
  }

  /** Takes out the next event that is due at `untilMs`; undefined when there is none. */
  take(untilMs: number): Scheduled | undefined {
    for (;;) {
      const first = this.#entries[0];
      if (first === undefined || first.atMs > untilMs) return undefined;
      const last = this.#entries.pop()!;
      if (this.#entries.length > 0) this.#sink(last);
      if (!first.cancelled) return first;
    }
  }

  #sink(entry: Scheduled): void {
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

function isBefore(left: Scheduled, right: Scheduled): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
