/**
 * What one listener is to get, across the processes that it lives through. An item is pending, then sent, then handled:
 *
 *   pending -> sent -> handled
 *   sent -> pending         the process ended; from then on items go out one by one until these are through,
 *                           so that it is known at which of them it ends
 *   sent -> skipped         the process has ended at this item too often
 */
import type { AlohaEvent } from "@aloha/core";
import type { MissedEvents } from "@aloha/sdk";
import { EventFollower, type EventSource, type Followed } from "../event-follower.ts";
import type { DeliveryItem } from "./listener-protocol.ts";
import { attemptsMax, windowLengthMax } from "./listener-settings.ts";

export interface DeliveryOptions {
  readonly source: EventSource;
  /** The last event that the listener has handled. */
  readonly after: number;
  readonly queueLengthMax: number;
  /** There is something to send that was not there before. */
  readonly changed: () => void;
  /** So many events are lost to this listener; null: nobody knows how many. */
  readonly missed: (missed: MissedEvents) => void;
  /** The source has failed, or its leadership has ended with an error. */
  readonly failed: (thrown: unknown) => void;
}

interface Tracked {
  readonly item: DeliveryItem;
  /** Where the listener stands once it is handled. */
  readonly position: number;
  attempts: number;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  #follower: EventFollower;
  #fetching = false;
  #pending: Tracked[] = [];
  #sent: Tracked[] = [];
  #position: number;
  #nextId = 1;
  /** Up to this id items go out one by one. */
  #carefulUntilId = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#position = options.after;
    this.#follower = this.#follow(options.after);
  }

  /** The sequence of the last event handled. */
  get position(): number {
    return this.#position;
  }

  /** Whether something was sent that is not handled yet. */
  get isUnderWay(): boolean {
    return this.#sent.length > 0;
  }

  /** Takes what may be sent now. */
  takeSendable(): readonly DeliveryItem[] {
    const first = this.#pending[0];
    const careful = first !== undefined && first.item.id <= this.#carefulUntilId;
    const room = (careful ? 1 : windowLengthMax) - this.#sent.length;
    const taken = room <= 0 ? [] : this.#pending.splice(0, room);
    this.#sent.push(...taken);
    if (this.#pending.length === 0) void this.#fetch();
    return taken.map(({ item }) => item);
  }

  /** Everything up to this item is handled. */
  handled(id: number): void {
    while (this.#sent[0] !== undefined && this.#sent[0].item.id <= id)
      this.#position = this.#sent.shift()!.position;
  }

  /** The process has ended: what it did not handle goes to the next one. */
  interrupted(): void {
    const [only, ...others] = this.#sent;
    if (only === undefined) return;
    if (others.length === 0) only.attempts++;
    this.#carefulUntilId = Math.max(this.#carefulUntilId, this.#sent.at(-1)!.item.id);
    this.#pending.unshift(...this.#sent);
    this.#sent = [];
    if (only.attempts >= attemptsMax) this.#skip(only);
  }

  /** The listener says which event it handled last: what it has is left out, what it lacks is read again. */
  resumeAfter(sequence: number): void {
    if (sequence === this.#position) return;
    if (sequence < this.#position || sequence > this.#follower.after) {
      this.#pending = [];
      this.#follower.close();
      this.#follower = this.#follow(sequence);
      this.#fetching = false;
    } else {
      this.#pending = this.#pending.filter(({ position }) => position > sequence);
    }
    this.#position = sequence;
  }

  close(): void {
    this.#pending = [];
    this.#follower.close();
  }

  #follow(after: number): EventFollower {
    const { source, queueLengthMax } = this.#options;
    return new EventFollower(source, { after, queueLengthMax });
  }

  /** At most one read is under way; of a follower that was replaced meanwhile nothing is taken. */
  async #fetch(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    const follower = this.#follower;
    try {
      const followed = await follower.next();
      if (follower !== this.#follower) return;
      this.#fetching = false;
      if (followed === undefined) return;
      this.#take(followed);
      this.#options.changed();
    } catch (thrown) {
      if (follower === this.#follower) this.#options.failed(thrown);
    }
  }

  #take(followed: Followed): void {
    if (followed.kind === "events") {
      for (const event of followed.events) this.#add(event);
      return;
    }
    const { after, oldestSequence, newestSequence } = followed;
    const reason = after > newestSequence ? "other-history" : "not-kept";
    this.#miss({ reason, after, next: oldestSequence });
    this.#follower.goOnAfter(oldestSequence - 1);
  }

  #add(event: AlohaEvent): void {
    const item: DeliveryItem = { kind: "event", id: this.#nextId++, event };
    this.#pending.push({ item, position: event.sequence, attempts: 0 });
  }

  #miss(missed: MissedEvents): void {
    const item: DeliveryItem = { kind: "missed", id: this.#nextId++, missed };
    this.#pending.push({ item, position: missed.next - 1, attempts: 0 });
    this.#options.missed(missed);
  }

  /** Puts the news that it is skipped in its place. If it is that news at which the process ends, it just goes. */
  #skip({ item, position }: Tracked): void {
    this.#pending.shift();
    if (item.kind === "missed") {
      this.#position = position;
      return;
    }
    const missed: MissedEvents = { reason: "skipped", after: position - 1, next: position + 1 };
    this.#pending.unshift({
      item: { kind: "missed", id: item.id, missed },
      position,
      attempts: 0,
    });
    this.#options.missed(missed);
  }
}
