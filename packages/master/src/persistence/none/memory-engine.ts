import { applicationNumber, invariant, isTerminal } from "@aloha/core";
import type {
  AlohaEvent,
  ApplicationDescription,
  ApplicationRecord,
  Batch,
  ClusterRecord,
  RequestRecord,
  StoreChange,
  StoreSnapshot,
  WorkerRecord,
} from "@aloha/core";
import { eventRingLengthMax, listingScanMax, pruneLengthMax } from "../engine.ts";
import type {
  ApplicationFilter,
  ApplicationListing,
  EventRange,
  EventsRead,
  PersistenceEngine,
  Retention,
  StoredApplication,
} from "../engine.ts";
import { matchesDescription, matchesState } from "../matches-filter.ts";
import { isSuccess } from "../retention-class.ts";

/** Recovery mode NONE: everything is kept in memory and ends with the process. */
export class MemoryEngine implements PersistenceEngine {
  readonly durable = false;
  #cluster: ClusterRecord | undefined;
  /** In order of number, since numbers rise. */
  readonly #applications = new Map<number, ApplicationRecord>();
  readonly #descriptions = new Map<number, ApplicationDescription>();
  readonly #workers = new Map<string, WorkerRecord>();
  readonly #requests = new Map<string, RequestRecord>();
  /** Terminal ones in order of their end. */
  readonly #ended = new Map<number, ApplicationRecord>();
  #newestNumber: number | undefined;
  #events: AlohaEvent[] = [];
  #listenerPositions: ReadonlyMap<string, number> = new Map();
  readonly #firstNumber: number;

  /** Nothing is remembered of the numbers that an earlier process gave: `firstNumber` has to differ from them. */
  constructor(options: { readonly firstNumber?: number } = {}) {
    this.#firstNumber = options.firstNumber ?? 1;
  }

  raiseEpoch(names: {
    readonly clusterId: string;
    readonly nonce: string;
  }): Promise<ClusterRecord> {
    this.#cluster = {
      clusterId: this.#cluster?.clusterId ?? names.clusterId,
      epoch: { number: (this.#cluster?.epoch.number ?? 0) + 1, nonce: names.nonce },
      nextNumber: this.#cluster?.nextNumber ?? this.#firstNumber,
    };
    return Promise.resolve(this.#cluster);
  }

  load(cluster: ClusterRecord): StoreSnapshot {
    const live = [...this.#applications.values()].filter(
      (application) => !isTerminal(application.state),
    );
    return {
      cluster,
      applications: live.map((application) => ({
        application,
        description: this.#descriptionOf(application),
      })),
      workers: [...this.#workers.values()],
      requests: [...this.#requests.values()],
      lastEventSequence: this.#events.at(-1)?.sequence ?? 0,
    };
  }

  commit(batch: Batch): Promise<void> {
    for (const change of batch.changes) this.#apply(change);
    if (batch.events.length > 0) this.#events.push(...batch.events);
    // Trimmed in strides, so that a commit costs what it adds.
    if (this.#events.length > 2 * eventRingLengthMax)
      this.#events = this.#events.slice(-eventRingLengthMax);
    return Promise.resolve();
  }

  readApplication(appId: string): StoredApplication | undefined {
    const number = applicationNumber(appId);
    const application = number === undefined ? undefined : this.#applications.get(number);
    if (application?.id !== appId) return undefined;
    return { application, description: this.#descriptionOf(application) };
  }

  readWorker(workerId: string): WorkerRecord | undefined {
    return this.#workers.get(workerId);
  }

  findRequest(requestId: string): RequestRecord | undefined {
    return this.#requests.get(requestId);
  }

  listApplications(filter: ApplicationFilter): ApplicationListing {
    const found: StoredApplication[] = [];
    const first = this.#applications.keys().next();
    if (first.done === true) return { applications: [], nextBeforeNumber: null };
    let scanned = 0;
    let number =
      Math.min(filter.beforeNumber ?? Number.POSITIVE_INFINITY, (this.#newestNumber ?? 0) + 1) - 1;
    for (
      ;
      number >= first.value && scanned < listingScanMax && found.length < filter.limit;
      number--
    ) {
      const application = this.#applications.get(number);
      scanned++;
      if (application === undefined || !matchesState(filter, application)) continue;
      const description = this.#descriptionOf(application);
      if (matchesDescription(filter, description)) found.push({ application, description });
    }
    return { applications: found, nextBeforeNumber: number < first.value ? null : number + 1 };
  }

  readEvents(afterSequence: number, limit: number): EventsRead {
    const range = this.eventRange();
    if (afterSequence + 1 < range.oldestSequence || afterSequence > range.newestSequence)
      return { kind: "gap", ...range };
    const start = afterSequence + 1 - range.oldestSequence;
    return { kind: "events", events: this.#events.slice(start, start + limit) };
  }

  eventRange(): EventRange {
    return {
      oldestSequence: this.#events[0]?.sequence ?? 1,
      newestSequence: this.#events.at(-1)?.sequence ?? 0,
    };
  }

  readListenerPositions(): ReadonlyMap<string, number> {
    return this.#listenerPositions;
  }

  saveListenerPositions(positions: ReadonlyMap<string, number>): Promise<void> {
    this.#listenerPositions = new Map(positions);
    return Promise.resolve();
  }

  prune(nowMs: number, retention: Retention): Promise<number> {
    let removed = 0;
    for (const [number, application] of this.#ended) {
      if (removed >= pruneLengthMax) break;
      const keptMs = isSuccess(application.state) ? retention.successesMs : retention.failuresMs;
      const expired = (application.end?.endedAtMs ?? application.changedAtMs) + keptMs <= nowMs;
      if (!expired && this.#ended.size <= retention.applicationsMax) continue;
      this.#removeEnded(number);
      removed++;
    }
    return Promise.resolve(removed);
  }

  removeEnded(appIds: readonly string[]): Promise<number> {
    let removed = 0;
    for (const appId of appIds) {
      const number = applicationNumber(appId);
      if (number === undefined || this.#ended.get(number)?.id !== appId) continue;
      this.#removeEnded(number);
      removed++;
    }
    return Promise.resolve(removed);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #removeEnded(number: number): void {
    this.#ended.delete(number);
    this.#applications.delete(number);
    this.#descriptions.delete(number);
  }

  #apply(change: StoreChange): void {
    switch (change.kind) {
      case "cluster":
        this.#cluster = change.cluster;
        break;
      case "description":
        this.#descriptions.set(numberOf(change.appId), change.description);
        break;
      case "application": {
        const { application } = change;
        this.#applications.set(application.number, application);
        this.#newestNumber = Math.max(this.#newestNumber ?? 0, application.number);
        if (isTerminal(application.state)) this.#ended.set(application.number, application);
        break;
      }
      case "worker":
        this.#workers.set(change.worker.workerId, change.worker);
        break;
      case "remove-worker":
        this.#workers.delete(change.workerId);
        break;
      case "request":
        this.#requests.set(change.request.requestId, change.request);
        break;
      case "remove-request":
        this.#requests.delete(change.requestId);
        break;
    }
  }

  #descriptionOf(application: ApplicationRecord): ApplicationDescription {
    const description = this.#descriptions.get(application.number);
    invariant(description !== undefined, `${application.id} has no description`);
    return description;
  }
}

function numberOf(appId: string): number {
  const number = applicationNumber(appId);
  invariant(number !== undefined, `${appId} is not an application id`);
  return number;
}
