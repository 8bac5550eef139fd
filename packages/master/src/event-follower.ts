/**
 * Events strictly after a sequence, in order and without a hole: first from the event log, then as they are
 * released, and again from the log whenever the reader was too slow for its queue.
 *
 *   catching up -> live           the log holds nothing newer
 *   live -> catching up           the queue was full, and what followed was dropped from it
 *   catching up -> at a gap       the log does not reach back far enough, or never held this sequence
 *   at a gap -> catching up       the reader says where to go on
 */
import type { AlohaEvent } from "@aloha/core";
import type { EventBus, Subscription } from "./event-bus.ts";
import type { EventRange, EventsRead } from "./persistence/engine.ts";

/** Events given at a time. */
const readLength = 500;

/** Where a follower gets its events from: a `Leadership` is one. */
export interface EventSource {
  readonly events: EventBus;
  /** Events after a sequence, read behind everything that was asked before. */
  readEvents(afterSequence: number, limit: number): Promise<EventsRead>;
}

export type Followed =
  | { readonly kind: "events"; readonly events: readonly AlohaEvent[] }
  /** The events between `after` and what is kept are lost to this reader, or `after` is of another history. */
  | ({ readonly kind: "gap"; readonly after: number } & EventRange);

export interface FollowerOptions {
  /** The last sequence that the reader has. */
  readonly after: number;
  /** Events that may wait in memory while the reader is busy; further ones are read from the log. */
  readonly queueLengthMax?: number;
}

export class EventFollower {
  readonly #source: EventSource;
  readonly #subscription: Subscription;
  #after: number;
  #catchingUp = true;
  #closed = false;

  constructor(source: EventSource, options: FollowerOptions) {
    this.#source = source;
    this.#after = options.after;
    // Before anything is read, so that nothing falls between the log and what is released.
    this.#subscription = source.events.subscribe(
      options.queueLengthMax === undefined ? {} : { queueLengthMax: options.queueLengthMax },
    );
  }

  /** The sequence of the last event given. */
  get after(): number {
    return this.#after;
  }

  /**
   * The events that follow, once there are some; a gap, again at every call until `goOnAfter`; undefined once it
   * is closed. Rejects with the store's error, or with `not-leader` when the leadership has ended.
   */
  async next(): Promise<Followed | undefined> {
    while (!this.#closed) {
      const followed = this.#catchingUp ? await this.#readLog() : await this.#takeReleased();
      if (followed !== undefined) return followed;
    }
    return undefined;
  }

  /** Goes on strictly after another sequence than the last one given. Not while `next` is under way. */
  goOnAfter(sequence: number): void {
    this.#after = sequence;
    this.#catchingUp = true;
  }

  close(): void {
    this.#closed = true;
    this.#subscription.close();
  }

  async #readLog(): Promise<Followed | undefined> {
    const after = this.#after;
    const read = await this.#source.readEvents(after, readLength);
    if (read.kind === "gap") return { ...read, after };
    if (read.events.length === 0) this.#catchingUp = false;
    return this.#give(read.events);
  }

  async #takeReleased(): Promise<Followed | undefined> {
    const received = await this.#subscription.next(readLength);
    if (received === undefined) {
      this.#closed = true;
      return undefined;
    }
    if (received.dropped > 0) this.#catchingUp = true;
    return this.#give(received.events.filter((event) => event.sequence > this.#after));
  }

  #give(events: readonly AlohaEvent[]): Followed | undefined {
    const last = events.at(-1);
    if (last === undefined || this.#closed) return undefined;
    this.#after = last.sequence;
    return { kind: "events", events };
  }
}
