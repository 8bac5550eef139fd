import { AlohaError, applicationNumber, isTerminal } from "@aloha/core";
import { open, type Database, type RootDatabase } from "lmdb";
import { expiryKey } from "./apply-batch.ts";
import { formatRefusal } from "./store-format.ts";
import type { StoreTables } from "./store-tables.ts";

/** What a store holds, and what is wrong with it. */
export interface StoreReport {
  readonly formatVersion: number;
  readonly clusterId: string;
  readonly epoch: number;
  readonly nextNumber: number;
  /** Applications that have not ended. */
  readonly live: number;
  readonly ended: number;
  readonly workers: number;
  readonly requests: number;
  readonly events: number;
  /** 0 without events. */
  readonly newestEvent: number;
  /** Contradictions, at most `problemsMax`. Empty: everything can be read and fits together. */
  readonly problems: readonly string[];
}

type Table = keyof Omit<StoreTables, "root">;
type Row<Name extends Table> =
  StoreTables[Name] extends Database<infer Value, infer Key>
    ? { readonly key: Key; readonly value: Value }
    : never;

const problemsMax = 20;

/**
 * Reads every value of the LMDB file and compares the tables with each other, without changing it; a master may use it
 * meanwhile. To be called in a process of its own: damaged pages can end it (see `read-store-main.ts`). Throws AlohaError
 * `store-corrupt` if it is no store at all, `incompatible` if its format is not known.
 */
export function checkStore(file: string): StoreReport {
  return new StoreCheck(file).report();
}

class StoreCheck {
  readonly #file: string;
  readonly #root: RootDatabase<unknown, string>;
  readonly #problems: string[] = [];

  constructor(file: string) {
    this.#file = file;
    this.#root = open<unknown, string>({
      path: file,
      noSubdir: true,
      readOnly: true,
      maxDbs: 16,
      encoding: "json",
      cache: false,
    });
  }

  report(): StoreReport {
    const formatVersion = this.#format();
    const [{ value: cluster } = { value: undefined }] = this.#rows("cluster");
    if (cluster === undefined) throw this.#lacking("it does not say which cluster it is of");
    const described = new Set([...this.#rows("descriptions")].map(({ key }) => key));
    const live = this.#live(cluster.nextNumber, described);
    const ended = this.#ended(cluster.nextNumber, described, live);
    for (const number of described) {
      if (!live.has(number) && !ended.has(number))
        this.#problem(`there is a description ${number} of no application`);
    }
    const events = this.#events();
    return {
      formatVersion,
      clusterId: cluster.clusterId,
      epoch: cluster.epoch.number,
      nextNumber: cluster.nextNumber,
      live: live.size,
      ended: ended.size,
      workers: [...this.#rows("workers")].length,
      requests: this.#requests(cluster.nextNumber),
      ...events,
      problems: this.#problems,
    };
  }

  #format(): number {
    const [{ value: format } = { value: undefined }] = this.#rows("format");
    if (format === undefined) throw this.#lacking("it is no store, or an empty one");
    const refusal = formatRefusal(format.version, this.#file);
    if (refusal !== null) throw new AlohaError("incompatible", refusal);
    return format.version;
  }

  #live(nextNumber: number, described: ReadonlySet<number>): ReadonlySet<number> {
    const numbers = new Set<number>();
    for (const { key, value } of this.#rows("live")) {
      numbers.add(key);
      this.#identity("live", key, value, nextNumber, described);
      if (isTerminal(value.state))
        this.#problem(`${value.id} is ${value.state} and stands among the live applications`);
    }
    return numbers;
  }

  #ended(
    nextNumber: number,
    described: ReadonlySet<number>,
    live: ReadonlySet<number>,
  ): ReadonlySet<number> {
    const numbers = new Set<number>();
    const expected = new Set<string>();
    for (const { key, value } of this.#rows("ended")) {
      numbers.add(key);
      expected.add(JSON.stringify(expiryKey(value)));
      this.#identity("ended", key, value, nextNumber, described);
      if (!isTerminal(value.state))
        this.#problem(`${value.id} is ${value.state} and stands among the ended applications`);
      if (live.has(key)) this.#problem(`${value.id} stands among the live and the ended ones`);
    }
    for (const { key } of this.#rows("expiry")) {
      if (!expected.delete(JSON.stringify(key)))
        this.#problem(`the order of removal names ${JSON.stringify(key)}, which has not ended`);
    }
    for (const key of expected) this.#problem(`the order of removal lacks ${key}`);
    return numbers;
  }

  #identity(
    table: string,
    key: number,
    value: Row<"live">["value"],
    nextNumber: number,
    described: ReadonlySet<number>,
  ): void {
    if (value.number !== key || applicationNumber(value.id) !== key)
      this.#problem(`${value.id} stands under the number ${key} (${table})`);
    if (!described.has(key)) this.#problem(`${value.id} has no description`);
    if (key >= nextNumber)
      this.#problem(`${value.id} has a number that was not given yet (next: ${nextNumber})`);
  }

  #requests(nextNumber: number): number {
    let count = 0;
    for (const { key, value } of this.#rows("requests")) {
      count++;
      if ((applicationNumber(value.appId) ?? nextNumber) >= nextNumber)
        this.#problem(`the request ${key} names ${value.appId}, which was never made`);
    }
    return count;
  }

  #events(): { readonly events: number; readonly newestEvent: number } {
    let events = 0;
    let newestEvent = 0;
    for (const { key, value } of this.#rows("events")) {
      if (value[0]?.sequence !== key) this.#problem(`the events from ${key} on are not those`);
      for (const { sequence } of value) {
        if (events > 0 && sequence !== newestEvent + 1)
          this.#problem(`the event ${newestEvent} is followed by ${sequence}`);
        newestEvent = sequence;
        events++;
      }
    }
    return { events, newestEvent };
  }

  /** What cannot be read ends the table, and is a problem. */
  *#rows<Name extends Table>(name: Name): Generator<Row<Name>, void, undefined> {
    try {
      const table = this.#root.openDB<Row<Name>["value"], Row<Name>["key"]>(name, {
        encoding: "json",
        cache: false,
      }) as Database<Row<Name>["value"], Row<Name>["key"]> | undefined;
      // A table that no version before had is missing in a store that none since has opened.
      if (table !== undefined) yield* table.getRange({}) as Iterable<Row<Name>>;
    } catch (thrown) {
      if (thrown instanceof AlohaError) throw thrown;
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      this.#problem(`the table ${name} cannot be read: ${what}`);
    }
  }

  /** Without this nothing else can be told; why it is not there may have been found already. */
  #lacking(what: string): AlohaError {
    return new AlohaError("store-corrupt", `${this.#file}: ${this.#problems[0] ?? what}.`);
  }

  #problem(text: string): void {
    if (this.#problems.length < problemsMax) this.#problems.push(text);
  }
}
