import { AlohaError } from "@aloha/core";
import type { AlohaEvent } from "@aloha/core";
import { eventRingLengthMax } from "../engine.ts";
import type { EventRange, EventsRead } from "../engine.ts";
import type { StoreTables } from "./store-tables.ts";

/** Batches of events that one commit removes at most: usually it adds one. */
const removedPerCommitMax = 16;

/** The ring of events in the store, one record for the events of a batch. */
export class EventLog {
  readonly #tables: StoreTables;
  /** First sequences of the batches kept, oldest first; those before `#start` are removed. */
  #firsts: number[];
  #start = 0;
  #newest: number;

  constructor(tables: StoreTables) {
    this.#tables = tables;
    this.#firsts = [...tables.events.getKeys({})];
    const last = this.#firsts.at(-1);
    this.#newest = last === undefined ? 0 : (eventsAt(tables, last).at(-1)?.sequence ?? last);
  }

  get lastSequence(): number {
    return this.#newest;
  }

  /** After `events` were written, removes what fell out of the ring. Runs inside the same transaction. */
  trim(events: readonly AlohaEvent[]): void {
    const newest = events.at(-1)?.sequence ?? this.#newest;
    for (let removed = 0; removed < removedPerCommitMax; removed++) {
      const first = this.#firsts[this.#start + removed];
      const next = this.#firsts[this.#start + removed + 1];
      // A batch goes once its last event, the one before the next batch, is out of the ring.
      if (first === undefined || next === undefined || next - 1 > newest - eventRingLengthMax)
        return;
      void this.#tables.events.remove(first);
    }
  }

  /** After the transaction is durable: what was written and removed is so. */
  committed(events: readonly AlohaEvent[]): void {
    const first = events[0];
    if (first === undefined) return;
    this.#firsts.push(first.sequence);
    this.#newest = events.at(-1)!.sequence;
    while (
      this.#firsts.length > this.#start &&
      !this.#tables.events.doesExist(this.#firsts[this.#start]!)
    )
      this.#start++;
    if (this.#start > eventRingLengthMax) {
      this.#firsts = this.#firsts.slice(this.#start);
      this.#start = 0;
    }
  }

  read(afterSequence: number, limit: number): EventsRead {
    const range = this.range();
    if (afterSequence + 1 < range.oldestSequence || afterSequence > range.newestSequence)
      return { kind: "gap", ...range };
    const events: AlohaEvent[] = [];
    for (
      let index = this.#batchOf(afterSequence + 1);
      index < this.#firsts.length && events.length < limit;
      index++
    ) {
      for (const event of eventsAt(this.#tables, this.#firsts[index]!)) {
        if (event.sequence > afterSequence && event.sequence <= this.#newest) events.push(event);
      }
    }
    return { kind: "events", events };
  }

  range(): EventRange {
    return {
      oldestSequence: this.#firsts[this.#start] ?? this.#newest + 1,
      newestSequence: this.#newest,
    };
  }

  /** Index of the batch that holds `sequence`, or of the first after it (binary search). */
  #batchOf(sequence: number): number {
    let low = this.#start;
    let high = this.#firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#firsts[middle]! <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function eventsAt(tables: StoreTables, first: number): readonly AlohaEvent[] {
  const events = tables.events.get(first);
  if (events === undefined)
    throw new AlohaError("store-corrupt", `The store lacks the events from ${first} on.`);
  return events;
}
