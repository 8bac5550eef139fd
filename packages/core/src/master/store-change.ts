import type { LogPolicy } from "../application/log-policy.ts";
import type { ApplicationDescription } from "../application/description.ts";
import type { ApplicationRecord } from "../application/record.ts";
import type { Epoch } from "../epoch.ts";
import type { AlohaEvent } from "../event.ts";
import type { Resources } from "../placement/resources.ts";
import type { Containment } from "../protocol/supervisor.ts";
import type { HostAndPort } from "../protocol/worker.ts";

/** What is durable about the cluster as a whole. */
export interface ClusterRecord {
  readonly clusterId: string;
  readonly epoch: Epoch;
  /** First application number that is not yet set aside: numbers are taken in blocks, never reused. */
  readonly nextNumber: number;
}

/** ALIVE: heard within its lease. DRAINING: the same, but nothing is placed on it. MAINTENANCE: stopped on purpose, lease prolonged. UNKNOWN: not heard. DEAD: not heard, holds nothing any more. */
export type WorkerMode = "ALIVE" | "DRAINING" | "MAINTENANCE" | "UNKNOWN" | "DEAD";

/** An operator's wish that a worker be given no more work. Times are wall-clock milliseconds. */
export interface DrainRequest {
  readonly atMs: number;
  /** When what still runs there is stopped; null: it may run to its end. */
  readonly deadlineAtMs: number | null;
  readonly reason: string;
}

/** What is durable about a worker. */
export interface WorkerRecord {
  readonly workerId: string;
  readonly hostId: string;
  readonly bootId: string;
  readonly incarnation: number;
  readonly address: HostAndPort;
  readonly milliCores: number;
  readonly memoryMiB: number;
  /** Counted extras that it offers. */
  readonly resources: Resources;
  /** By its own configuration. */
  readonly labels: Readonly<Record<string, string>>;
  /** What operators have set, which is stronger; null: removed. */
  readonly labelsSet: Readonly<Record<string, string | null>>;
  /** Nothing more is placed on it until an operator lets it resume; null: it is not drained. */
  readonly drain: DrainRequest | null;
  /** How it rolls output where a description does not say; absent if it did not tell. */
  readonly logs?: LogPolicy;
  readonly containment: Containment;
  readonly guarded: boolean;
  readonly softwareVersion: string;
  readonly mode: WorkerMode;
  /** The longest lease that may be in force on this worker: raised before it is granted (DESIGN 4). */
  readonly maxLeaseMs: number;
  readonly registeredAtMs: number;
  readonly changedAtMs: number;
}

/** A requestId that was used, kept for 24 hours. */
export interface RequestRecord {
  readonly requestId: string;
  readonly appId: string;
  /** Hash of the canonical request body: the same id with another body is a conflict. */
  readonly bodyHash: string;
  readonly atMs: number;
}

/** One change of the store. The changes of a batch are committed together or not at all. */
export type StoreChange =
  | { readonly kind: "cluster"; readonly cluster: ClusterRecord }
  | {
      readonly kind: "description";
      readonly appId: string;
      readonly description: ApplicationDescription;
    }
  | { readonly kind: "application"; readonly application: ApplicationRecord }
  | { readonly kind: "worker"; readonly worker: WorkerRecord }
  | { readonly kind: "remove-worker"; readonly workerId: string }
  | { readonly kind: "request"; readonly request: RequestRecord }
  | { readonly kind: "remove-request"; readonly requestId: string };

/** What a new leader reads before it does anything else. */
export interface StoreSnapshot {
  readonly cluster: ClusterRecord;
  /** Every application that is not terminal, in order of number. */
  readonly applications: Iterable<{
    readonly application: ApplicationRecord;
    readonly description: ApplicationDescription;
  }>;
  readonly workers: Iterable<WorkerRecord>;
  readonly requests: Iterable<RequestRecord>;
  /** Sequence of the newest event in the log; 0 when it is empty. */
  readonly lastEventSequence: number;
}

/** Everything one batch makes durable. */
export interface Batch {
  readonly changes: readonly StoreChange[];
  readonly events: readonly AlohaEvent[];
}
