import type {
  AlohaEvent,
  ApplicationDescription,
  ApplicationRecord,
  ClusterRecord,
  RequestRecord,
  WorkerRecord,
} from "@aloha/core";
import { open, type Database, type RootDatabase } from "lmdb";

/** Which version of everything below a store has; see `store-format.ts`. */
export interface StoreFormat {
  readonly version: number;
}

/** Address space set aside for the store, not memory and not disk: more than the limits of Aloha can fill. */
const mapBytesMax = 64 * 1024 ** 3;

/**
 * The tables of the store. Values are JSON: records of one to a few KiB are parsed as fast as any
 * binary form by the engine itself, no state is shared between records, and in an incident they can be read with LMDB's own
 * tools. Applications are keyed by number, so that they lie in order of submission, and live and terminal ones lie apart,
 * so that a start reads only what lives.
 */
export interface StoreTables {
  readonly root: RootDatabase<unknown, string>;
  readonly format: Database<StoreFormat, "format">;
  readonly cluster: Database<ClusterRecord, "cluster">;
  readonly live: Database<ApplicationRecord, number>;
  readonly ended: Database<ApplicationRecord, number>;
  /** By class (`success`, `failure`) and time of the end: who has to go first. */
  readonly expiry: Database<true, [RetentionClass, number, number]>;
  readonly descriptions: Database<ApplicationDescription, number>;
  readonly workers: Database<WorkerRecord, string>;
  readonly requests: Database<RequestRecord, string>;
  /** The events of one batch, keyed by the sequence of the first. */
  readonly events: Database<readonly AlohaEvent[], number>;
  /** The sequence of the last event that each listener handled. A version that does not know this table leaves it alone. */
  readonly listeners: Database<Readonly<Record<string, number>>, "positions">;
}

export type RetentionClass = "failure" | "success";

/**
 * Opens the tables in one file. A commit is one LMDB transaction, and resolves only after its data and
 * then its meta page are synced (`overlappingSync` off). No WRITEMAP: a stray pointer must not reach the file.
 */
export function openTables(file: string): StoreTables {
  const root = open<unknown, string>({
    path: file,
    noSubdir: true,
    overlappingSync: false,
    // Everything is written in explicit transactions; batches by turn would only add promises that nobody waits for.
    eventTurnBatching: false,
    maxDbs: 16,
    mapSize: mapBytesMax,
    encoding: "json",
    cache: false,
  });
  const table = <Value, Key extends string | number | [RetentionClass, number, number]>(
    name: string,
  ): Database<Value, Key> => root.openDB<Value, Key>(name, { encoding: "json", cache: false });
  return {
    root,
    format: table("format"),
    cluster: table("cluster"),
    live: table("live"),
    ended: table("ended"),
    expiry: table("expiry"),
    descriptions: table("descriptions"),
    workers: table("workers"),
    requests: table("requests"),
    events: table("events"),
    listeners: table("listeners"),
  };
}

/** Reads every value of every table: throws if any cannot be read. */
export function readEverything(tables: StoreTables): void {
  const { root: _root, ...all } = tables;
  for (const table of Object.values(all)) {
    for (const { value } of table.getRange({})) void value;
  }
}
