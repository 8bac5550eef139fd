import { AlohaError, applicationNumber } from "@aloha/core";
import type {
  Batch,
  ClusterRecord,
  Epoch,
  RequestRecord,
  StoreSnapshot,
  WorkerRecord,
} from "@aloha/core";
import { pruneLengthMax } from "../engine.ts";
import type {
  ApplicationFilter,
  ApplicationListing,
  EventRange,
  EventsRead,
  PersistenceEngine,
  Retention,
  StoredApplication,
} from "../engine.ts";
import { applyBatch, expiryKey, removeEnded } from "./apply-batch.ts";
import { EventLog } from "./event-log.ts";
import { readListing } from "./read-listing.ts";
import { commitError, unreadable } from "./store-error.ts";
import type { StoreFormats } from "./store-format.ts";
import type { RetentionClass, StoreTables } from "./store-tables.ts";

export interface FileSystemEngineOptions {
  readonly tables: StoreTables;
  /** For messages. */
  readonly directory: string;
  readonly formats: StoreFormats;
  /** Called once the cluster has its id, before that is in the store for the first time. */
  readonly founded: (clusterId: string) => Promise<void>;
  /** Gives up the lock of the directory. */
  readonly released: () => Promise<void>;
}

/** Recovery mode FILESYSTEM: one LMDB environment in a directory that this process holds the lock of. */
export class FileSystemEngine implements PersistenceEngine {
  readonly durable = true;
  readonly #options: FileSystemEngineOptions;
  readonly #tables: StoreTables;
  readonly #events: EventLog;
  #epoch: Epoch | undefined;
  #closed = false;
  #failure: AlohaError | undefined;

  constructor(options: FileSystemEngineOptions) {
    this.#options = options;
    this.#tables = options.tables;
    this.#events = this.#reading(() => new EventLog(options.tables));
  }

  async raiseEpoch(names: {
    readonly clusterId: string;
    readonly nonce: string;
  }): Promise<ClusterRecord> {
    const before = this.#reading(() => this.#tables.cluster.get("cluster"));
    if (before === undefined) await this.#options.founded(names.clusterId);
    const cluster: ClusterRecord = {
      clusterId: before?.clusterId ?? names.clusterId,
      epoch: { number: (before?.epoch.number ?? 0) + 1, nonce: names.nonce },
      nextNumber: before?.nextNumber ?? 1,
    };
    await this.#write(() => {
      // A store that was there keeps its format, so that the version that made it can be started again.
      if (before === undefined)
        void this.#tables.format.put("format", { version: this.#options.formats.newest });
      void this.#tables.cluster.put("cluster", cluster);
    });
    this.#epoch = cluster.epoch;
    return cluster;
  }

  load(cluster: ClusterRecord): StoreSnapshot {
    const tables = this.#tables;
    return {
      cluster,
      applications: this.#iterating(function* () {
        for (const { key, value: application } of tables.live.getRange({})) {
          const description = tables.descriptions.get(key);
          if (description === undefined)
            throw new AlohaError("store-corrupt", `${application.id} has no description`);
          yield { application, description };
        }
      }),
      workers: this.#iterating(() => tables.workers.getRange({}).map(({ value }) => value)),
      requests: this.#iterating(() => tables.requests.getRange({}).map(({ value }) => value)),
      lastEventSequence: this.#events.lastSequence,
    };
  }

  async commit(batch: Batch): Promise<void> {
    await this.#writeAsLeader(() => {
      applyBatch(this.#tables, batch);
      this.#events.trim(batch.events);
    });
    this.#events.committed(batch.events);
  }

  readApplication(appId: string): StoredApplication | undefined {
    const number = applicationNumber(appId);
    if (number === undefined) return undefined;
    return this.#reading(() => {
      const application = this.#tables.live.get(number) ?? this.#tables.ended.get(number);
      const description = this.#tables.descriptions.get(number);
      // The number names an application; another date or prefix before it names none.
      if (application?.id !== appId) return undefined;
      if (description === undefined)
        throw new AlohaError("store-corrupt", `${appId} has no description`);
      return { application, description };
    });
  }

  readWorker(workerId: string): WorkerRecord | undefined {
    return this.#reading(() => this.#tables.workers.get(workerId));
  }

  findRequest(requestId: string): RequestRecord | undefined {
    return this.#reading(() => this.#tables.requests.get(requestId));
  }

  listApplications(filter: ApplicationFilter): ApplicationListing {
    return this.#reading(() => readListing(this.#tables, filter));
  }

  readEvents(afterSequence: number, limit: number): EventsRead {
    return this.#reading(() => this.#events.read(afterSequence, limit));
  }

  eventRange(): EventRange {
    return this.#reading(() => this.#events.range());
  }

  readListenerPositions(): ReadonlyMap<string, number> {
    return this.#reading(
      () => new Map(Object.entries(this.#tables.listeners.get("positions") ?? {})),
    );
  }

  async saveListenerPositions(positions: ReadonlyMap<string, number>): Promise<void> {
    await this.#writeAsLeader(() => {
      void this.#tables.listeners.put("positions", Object.fromEntries(positions));
    });
  }

  async prune(nowMs: number, retention: Retention): Promise<number> {
    return this.#remove(this.#reading(() => [...this.#expired(nowMs, retention)]));
  }

  async removeEnded(appIds: readonly string[]): Promise<number> {
    const leaving = this.#reading(() =>
      appIds.flatMap((appId) => {
        const application = this.#tables.ended.get(applicationNumber(appId) ?? 0);
        return application?.id === appId ? [expiryKey(application)] : [];
      }),
    );
    return this.#remove(leaving);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#tables.root.close();
    await this.#options.released();
  }

  async #remove(leaving: readonly ReturnType<typeof expiryKey>[]): Promise<number> {
    if (leaving.length === 0) return 0;
    await this.#writeAsLeader(() => {
      for (const key of leaving) removeEnded(this.#tables, key);
    });
    return leaving.length;
  }

  /** Past their time, oldest first; then, while there are too many, the oldest successes and after them the oldest failures. */
  *#expired(
    nowMs: number,
    retention: Retention,
  ): Generator<[RetentionClass, number, number], void, undefined> {
    const { expiry, ended } = this.#tables;
    let excess =
      (ended.getStats() as { readonly entryCount: number }).entryCount - retention.applicationsMax;
    let count = 0;
    for (const [retentionClass, keptMs] of [
      ["success", retention.successesMs],
      ["failure", retention.failuresMs],
    ] as const) {
      for (const key of expiry.getKeys({
        start: [retentionClass, 0, 0],
        end: [retentionClass, Number.MAX_VALUE, 0],
      })) {
        if (key[1] + keptMs > nowMs && excess <= 0) break;
        if (count++ >= pruneLengthMax) return;
        excess--;
        yield key;
      }
    }
  }

  /** Writes only while the epoch in the store is ours: checked inside the transaction, where nobody else can write. */
  async #writeAsLeader(change: () => void): Promise<void> {
    const epoch = this.#epoch;
    if (epoch === undefined)
      throw new AlohaError("not-leader", "The epoch has to be raised before anything is written.");
    const deposed = await this.#write(() => {
      const stored = this.#tables.cluster.get("cluster")?.epoch;
      if (stored?.number !== epoch.number || stored.nonce !== epoch.nonce) return true;
      change();
      return false;
    });
    if (!deposed) return;
    throw new AlohaError(
      "not-leader",
      `Another master has taken over the store in ${this.#options.directory}: this one leads no more.`,
    );
  }

  /**
   * One transaction, durable when this resolves. As a child transaction it is rolled back if `change` throws, which
   * the outer one is not. After a failure nothing is written any more: what is on disk is no longer certain.
   */
  async #write<Result>(change: () => Result): Promise<Result> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.#tables.root.childTransaction(change);
    } catch (thrown) {
      this.#failure ??= commitError(thrown, this.#options.directory);
      throw this.#failure;
    }
  }

  #reading<Result>(read: () => Result): Result {
    if (this.#closed) throw new AlohaError("not-ready", "The master is stopping.");
    try {
      return read();
    } catch (thrown) {
      throw unreadable(thrown, this.#options.directory);
    }
  }

  /** Values read one by one, as they are needed, with the same errors. */
  #iterating<Value>(open: () => Iterable<Value>): Iterable<Value> {
    const directory = this.#options.directory;
    return {
      *[Symbol.iterator]() {
        try {
          yield* open();
        } catch (thrown) {
          throw unreadable(thrown, directory);
        }
      },
    };
  }
}
