import { AlohaError } from "@aloha/core";
import type {
  ApplicationDescription,
  ApplicationRecord,
  Batch,
  ClusterRecord,
  RequestRecord,
  StoreChange,
  StoreSnapshot,
  WorkerRecord,
} from "@aloha/core";
import type { History } from "../history/history.ts";
import type { World } from "../world/world.ts";

/** How long a commit takes on a disk that is well. */
const commitMs = { min: 0.3, max: 8 };

interface Commit {
  readonly batch: Batch;
  readonly done: () => void;
  readonly failed: (error: AlohaError) => void;
}

/**
 * The master's store: what is committed survives everything. Commits take time, one after the other;
 * a crash leaves a prefix of those under way, and a failed one may or may not have become durable.
 */
export class SimulatedStore {
  readonly #world: World;
  readonly #history: History;
  #cluster: ClusterRecord;
  readonly #applications = new Map<string, ApplicationRecord>();
  readonly #descriptions = new Map<string, ApplicationDescription>();
  readonly #workers = new Map<string, WorkerRecord>();
  readonly #requests = new Map<string, RequestRecord>();
  #lastEventSequence = 0;
  #waiting: Commit[] = [];
  #broken: AlohaError | null = null;
  #generation = 0;
  commitMaxMs: number = commitMs.max;
  failureProbability = 0;

  constructor(world: World, history: History) {
    this.#world = world;
    this.#history = history;
    this.#cluster = {
      clusterId: "c-simulated",
      epoch: { number: 0, nonce: "none" },
      nextNumber: 0,
    };
  }

  heal(): void {
    this.commitMaxMs = commitMs.max;
    this.failureProbability = 0;
  }

  /** Raises the epoch durably, then says so. Opens the store anew. */
  raiseEpoch(done: (cluster: ClusterRecord) => void): void {
    const generation = ++this.#generation;
    this.#broken = null;
    this.#world.after(this.#durationMs(), () => {
      if (generation !== this.#generation) return;
      const number = this.#cluster.epoch.number + 1;
      this.#apply({
        changes: [
          {
            kind: "cluster",
            cluster: { ...this.#cluster, epoch: { number, nonce: this.#world.dice.source.hex(4) } },
          },
        ],
        events: [],
      });
      done(this.#cluster);
    });
  }

  load(): StoreSnapshot {
    const applications = [...this.#applications.values()]
      .filter(({ end }) => end === null)
      .sort((left, right) => left.number - right.number)
      .map((application) => ({
        application,
        description: this.#descriptions.get(application.id)!,
      }));
    return {
      cluster: this.#cluster,
      applications,
      workers: [...this.#workers.values()],
      requests: [...this.#requests.values()],
      lastEventSequence: this.#lastEventSequence,
    };
  }

  readApplication(appId: string): ApplicationRecord | null {
    return this.#applications.get(appId) ?? null;
  }

  /** Says `done` once the batch is durable, or `failed` if it is not certain to be. */
  commit(batch: Batch, done: () => void, failed: (error: AlohaError) => void): void {
    if (this.#broken !== null) {
      failed(this.#broken);
      return;
    }
    this.#waiting.push({ batch, done, failed });
    if (this.#waiting.length === 1) this.#write();
  }

  /** The master is gone: of what was under way some prefix is durable. */
  crash(): void {
    this.#generation++;
    for (const { batch } of this.#waiting) {
      if (this.#world.dice.chance(0.5)) break;
      this.#apply(batch);
    }
    this.#waiting = [];
  }

  #write(): void {
    const generation = this.#generation;
    this.#world.after(this.#durationMs(), () => {
      const commit = this.#waiting[0];
      if (generation !== this.#generation || commit === undefined) return;
      if (this.#world.dice.chance(this.failureProbability)) {
        this.#fail();
        return;
      }
      this.#waiting.shift();
      this.#apply(commit.batch);
      if (this.#waiting.length > 0) this.#write();
      commit.done();
    });
  }

  #fail(): void {
    const failed = this.#waiting;
    const error = new AlohaError("store-failed", "The simulated disk failed.");
    this.#broken = error;
    this.crash();
    for (const commit of failed) commit.failed(error);
  }

  #durationMs(): number {
    return this.#world.dice.between(commitMs.min, this.commitMaxMs);
  }

  #apply(batch: Batch): void {
    for (const change of batch.changes) this.#change(change);
    this.#lastEventSequence = batch.events.at(-1)?.sequence ?? this.#lastEventSequence;
    this.#history.observe({ kind: "committed", changes: batch.changes, events: batch.events });
  }

  #change(change: StoreChange): void {
    switch (change.kind) {
      case "cluster":
        this.#cluster = change.cluster;
        return;
      case "application":
        this.#applications.set(change.application.id, change.application);
        return;
      case "description":
        this.#descriptions.set(change.appId, change.description);
        return;
      case "worker":
        this.#workers.set(change.worker.workerId, change.worker);
        return;
      case "remove-worker":
        this.#workers.delete(change.workerId);
        return;
      case "request":
        this.#requests.set(change.request.requestId, change.request);
        return;
      case "remove-request":
        this.#requests.delete(change.requestId);
        return;
    }
  }
}
