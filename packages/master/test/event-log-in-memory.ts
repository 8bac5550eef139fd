import type { AlohaEvent } from "@aloha/core";
import { EventBus } from "../src/event-bus.ts";
import type { EventSource } from "../src/event-follower.ts";
import type { EventsRead } from "../src/persistence/engine.ts";

/** A log of the newest events, and the bus that they are released on. */
export class EventLogInMemory implements EventSource {
  readonly events = new EventBus();
  readonly #kept: number;
  #log: AlohaEvent[] = [];

  constructor(options: { readonly kept?: number } = {}) {
    this.#kept = options.kept ?? 10_000;
  }

  release(events: readonly AlohaEvent[]): void {
    this.#log = [...this.#log, ...events].slice(-this.#kept);
    for (const event of events) this.events.publish(event);
  }

  readEvents(afterSequence: number, limit: number): Promise<EventsRead> {
    const oldestSequence = this.#log[0]?.sequence ?? 1;
    const newestSequence = this.#log.at(-1)?.sequence ?? 0;
    if (afterSequence + 1 < oldestSequence || afterSequence > newestSequence)
      return Promise.resolve({ kind: "gap", oldestSequence, newestSequence });
    const events = this.#log.filter(({ sequence }) => sequence > afterSequence).slice(0, limit);
    return Promise.resolve({ kind: "events", events });
  }
}
