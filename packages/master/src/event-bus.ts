import type { AlohaEvent } from "@aloha/core";

/** Events that wait for one subscriber; more are dropped, counted, and the subscriber is told. */
export const subscriberQueueLengthMax = 10_000;

/** One reader of the bus. */
export interface Subscription {
  /**
   * What waits, oldest first and at most `limit`, and how many were dropped since the last call that took everything.
   * Resolves at once if there is something, else when there is; with undefined once the subscription is closed.
   */
  next(limit?: number): Promise<Received | undefined>;
  close(): void;
}

export interface Received {
  readonly events: readonly AlohaEvent[];
  /** Events after these that found no room. */
  readonly dropped: number;
}

/** Hands released events to whoever listens. A slow reader costs nobody else anything. */
export class EventBus {
  readonly #subscribers = new Set<Subscriber>();
  readonly #queueLengthMax: number;
  #lastSequence: number;

  /** `lastSequence`: that of the newest event published before this bus was made. */
  constructor(options: { readonly queueLengthMax?: number; readonly lastSequence?: number } = {}) {
    this.#lastSequence = options.lastSequence ?? 0;
    this.#queueLengthMax = options.queueLengthMax ?? subscriberQueueLengthMax;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Sequence of the newest event that was published, here or before. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  publish(event: AlohaEvent): void {
    this.#lastSequence = event.sequence;
    for (const subscriber of this.#subscribers) subscriber.offer(event);
  }

  subscribe(options: { readonly queueLengthMax?: number } = {}): Subscription {
    const subscriber = new Subscriber(options.queueLengthMax ?? this.#queueLengthMax, () =>
      this.#subscribers.delete(subscriber),
    );
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  /** Closes every subscription. */
  close(): void {
    for (const subscriber of this.#subscribers) subscriber.close();
  }
}

class Subscriber implements Subscription {
  readonly #queueLengthMax: number;
  readonly #left: () => void;
  #queue: AlohaEvent[] = [];
  #dropped = 0;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(queueLengthMax: number, left: () => void) {
    this.#queueLengthMax = queueLengthMax;
    this.#left = left;
  }

  offer(event: AlohaEvent): void {
    // Once something was dropped, what follows is dropped too: a reader never sees a hole it was not told of.
    if (this.#queue.length >= this.#queueLengthMax || this.#dropped > 0) this.#dropped++;
    else this.#queue.push(event);
    this.#wake();
  }

  async next(limit: number = Number.POSITIVE_INFINITY): Promise<Received | undefined> {
    if (this.#queue.length === 0 && this.#dropped === 0 && !this.#closed) {
      // Whoever waits goes on after the whole batch is published, not after its first event.
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#closed ? undefined : this.#take(limit);
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#dropped = 0;
    this.#left();
    this.#wake();
  }

  #take(limit: number): Received {
    // What was dropped follows everything that waits: it is told of once nothing waits any more.
    if (this.#queue.length > limit) return { events: this.#queue.splice(0, limit), dropped: 0 };
    const received = { events: this.#queue, dropped: this.#dropped };
    this.#queue = [];
    this.#dropped = 0;
    return received;
  }
}
