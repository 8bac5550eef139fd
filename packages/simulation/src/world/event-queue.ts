import { Agenda } from "@aloha/core";

/** Something that is going to happen. Cancelled ones are thrown away when their time comes. */
export interface Scheduled {
  readonly atMs: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** What is going to happen, by time and then in the order in which it was scheduled. */
export class EventQueue {
  readonly #agenda = new Agenda<Scheduled>();

  get length(): number {
    return this.#agenda.size;
  }

  add(atMs: number, fire: () => void): Scheduled {
    const added: Scheduled = { atMs, fire, cancelled: false };
    this.#agenda.add(atMs, added);
    return added;
  }

  /** Takes out the next event that is due at `untilMs`; undefined when there is none. */
  take(untilMs: number): Scheduled | undefined {
    for (;;) {
      const first = this.#agenda.takeDue(untilMs);
      if (first === undefined || !first.cancelled) return first;
    }
  }
}
