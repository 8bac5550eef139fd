import type {
  AlohaEvent,
  ApplicationDescription,
  ApplicationRecord,
  ApplicationState,
  Batch,
  ClusterRecord,
  RequestRecord,
  StoreSnapshot,
  WorkerRecord,
} from "@aloha/core";

export interface StoredApplication {
  readonly application: ApplicationRecord;
  readonly description: ApplicationDescription;
}

export interface ApplicationFilter {
  /** Only these; empty: all. */
  readonly states: readonly ApplicationState[];
  readonly name: string | null;
  readonly namespace: string | null;
  /** All must match; a null value: the key alone. */
  readonly labels: readonly { readonly key: string; readonly value: string | null }[];
  /** Only applications whose number is lower: the next page. Null: from the newest on. */
  readonly beforeNumber: number | null;
  readonly limit: number;
}

export interface ApplicationListing {
  readonly applications: readonly StoredApplication[];
  /** `beforeNumber` of the next page; null if there is none. A page may be shorter than its limit, and even empty, since one read looks at a bounded number of records. */
  readonly nextBeforeNumber: number | null;
}

export type EventsRead =
  | { readonly kind: "events"; readonly events: readonly AlohaEvent[] }
  /** The events that follow are no longer kept, or never were: another history. */
  | ({ readonly kind: "gap" } & EventRange);

/** The events that are kept. Empty where the newest is below the oldest. */
export interface EventRange {
  readonly oldestSequence: number;
  readonly newestSequence: number;
}

export interface Retention {
  /** At most so many terminal applications. */
  readonly applicationsMax: number;
  /** FINISHED and KILLED. */
  readonly successesMs: number;
  /** FAILED, TIMED_OUT and ERROR. */
  readonly failuresMs: number;
}

/** Events that are kept. A batch of them leaves as a whole, so that a few more may still be there. */
export const eventRingLengthMax = 10_000;

/** Records that one listing looks at. Reading them must not hold up the loop. */
export const listingScanMax = 2_000;

/** Terminal applications that one pruning removes at most. */
export const pruneLengthMax = 500;

/**
 * A place for what must survive. Reads are synchronous, short, and see committed data only.
 * Whatever cannot be read is an AlohaError `store-corrupt`, and nothing is deleted for it.
 */
export interface PersistenceEngine {
  /** Whether what is committed survives this process. */
  readonly durable: boolean;
  /** Raises the epoch durably and returns the cluster with it. Before anything else; once per leadership. */
  raiseEpoch(names: { readonly clusterId: string; readonly nonce: string }): Promise<ClusterRecord>;
  /** What a new leader starts from. */
  load(cluster: ClusterRecord): StoreSnapshot;
  /** Makes a batch durable, whole or not at all. Rejects with `not-leader` if another epoch was raised since, else with `store-failed`. */
  commit(batch: Batch): Promise<void>;
  readApplication(appId: string): StoredApplication | undefined;
  readWorker(workerId: string): WorkerRecord | undefined;
  findRequest(requestId: string): RequestRecord | undefined;
  /** Newest first. */
  listApplications(filter: ApplicationFilter): ApplicationListing;
  /** Events strictly after a sequence, oldest first, at most about `limit`. */
  readEvents(afterSequence: number, limit: number): EventsRead;
  eventRange(): EventRange;
  /** Which event each listener had handled last, by the name that the configuration gives it. */
  readListenerPositions(): ReadonlyMap<string, number>;
  /** Replaces all of them. Rejects as `commit` does. */
  saveListenerPositions(positions: ReadonlyMap<string, number>): Promise<void>;
  /** Removes terminal applications that need no longer be kept, at most `pruneLengthMax`; resolves with how many. */
  prune(nowMs: number, retention: Retention): Promise<number>;
  /** Removes those of these applications that are terminal; resolves with how many. */
  removeEnded(appIds: readonly string[]): Promise<number>;
  close(): Promise<void>;
}
