import type { AttemptKey } from "../attempt-key.ts";
import type { ApplicationDescription } from "../application/description.ts";
import type { AttemptOutcome } from "../application/outcome.ts";
import type { LogPolicy } from "../application/log-policy.ts";
import type { Resources } from "../placement/resources.ts";
import type { Epoch } from "../epoch.ts";
import type { Containment } from "./supervisor.ts";

/** Spoken between master and worker; both refuse another major version with a clear message. */
export const workerProtocolVersion = 1;

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** worker -> master, first on every connection and whenever the master asks for it. */
export interface Register {
  readonly kind: "register";
  readonly version: number;
  readonly workerId: string;
  /** Names the host that the workerId is bound to. */
  readonly hostId: string;
  readonly bootId: string;
  readonly incarnation: number;
  readonly epochSeen: Epoch | null;
  /** The cluster whose attempts this worker holds; null if it never joined one. */
  readonly clusterIdSeen: string | null;
  readonly nonce: string;
  /** Where the worker's own endpoint listens (logs are read there). */
  readonly address: HostAndPort;
  readonly milliCores: number;
  readonly memoryMiB: number;
  /** Counted extras that it offers. */
  readonly resources: Resources;
  /** Names and values to find it by. */
  readonly labels: Readonly<Record<string, string>>;
  /** How it rolls output where a description does not say; absent from a worker of an earlier version. */
  readonly logs?: LogPolicy;
  readonly containment: Containment;
  readonly guarded: boolean;
  readonly softwareVersion: string;
}

export interface Registered {
  readonly kind: "registered";
  readonly clusterId: string;
  readonly epoch: Epoch;
  readonly leaseMs: number;
  /** `host:port` of every master, for the worker's durable list. */
  readonly masters: readonly string[];
}

/** This process does not lead and says so; with the asker's nonce it is a denial (DESIGN 4). */
export interface NotLeader {
  readonly kind: "not-leader";
  readonly nonce: string;
  readonly state: "STANDBY" | "ELECTED" | "LOADING";
  /** `host:port` of the leader, if known. */
  readonly leader: string | null;
}

export interface RegisterRefused {
  readonly kind: "register-refused";
  readonly code:
    | "other-host"
    | "stale-incarnation"
    | "stale-epoch"
    | "other-cluster"
    | "incompatible"
    | "limit";
  readonly message: string;
}

export type RegisterReply = Registered | NotLeader | RegisterRefused;

/** One attempt in a full list. */
export interface ListedAttempt {
  readonly attempt: AttemptKey;
  readonly phase: "accepted" | "started" | "ended";
  /** What it holds on the worker until it is gone, also where the master no longer knows it. */
  readonly milliCores: number;
  readonly memoryMiB: number;
  /** Absent where it holds none, so that long lists stay short. */
  readonly resources?: Resources;
}

/** Every attempt that the worker was given and has not been told to forget: as a list, or as its hash (`ListHash`). */
export type Running =
  | { readonly kind: "full"; readonly attempts: readonly ListedAttempt[] }
  | { readonly kind: "hash"; readonly hash: string };

/** News about one attempt, repeated under the same id until acked. */
export interface AttemptReport {
  /** Rising within an incarnation. */
  readonly id: number;
  readonly attempt: AttemptKey;
  readonly event:
    | { readonly kind: "accepted" }
    | { readonly kind: "started"; readonly pid: number; readonly startedAtMs: number }
    /** Its health check says otherwise than before. */
    | { readonly kind: "health"; readonly healthy: boolean; readonly message: string }
    | { readonly kind: "ended"; readonly outcome: AttemptOutcome };
}

/**
 * `serving`: launches are welcome. `stopping`: the worker is about to go away on purpose and asks
 * for a maintenance lease; it starts nothing more.
 */
export type WorkerIntent = "serving" | "stopping";

/** worker -> master: everything the worker has to say; asks for a lease and for directives. */
export interface Sync {
  readonly kind: "sync";
  readonly workerId: string;
  readonly incarnation: number;
  /** Rising within an incarnation; the master drops one at or below the highest seen. */
  readonly seq: number;
  readonly epochSeen: Epoch;
  readonly nonce: string;
  /** The supervisor's stamp taken before this was sent; leases count from it. */
  readonly stamp: number;
  /** Earlier seqs whose replies were obeyed, repeated until a reply to a Sync that named them was obeyed. */
  readonly applied: readonly number[];
  /** Earlier seqs that are still unanswered. */
  readonly outstanding: readonly number[];
  readonly intent: WorkerIntent;
  readonly reports: readonly AttemptReport[];
  readonly running: Running;
}

export type Directive =
  | {
      readonly kind: "launch";
      readonly attempt: AttemptKey;
      readonly description: ApplicationDescription;
    }
  | { readonly kind: "kill"; readonly attempt: AttemptKey; readonly immediately: boolean }
  | { readonly kind: "forget"; readonly attempt: AttemptKey };

/** master -> worker: the answer to one Sync, derived from committed state. */
export interface SyncReply {
  readonly kind: "sync-reply";
  readonly seq: number;
  readonly epoch: Epoch;
  /** Granted to every attempt that the Sync listed and that this reply launches; 0: nothing is granted. */
  readonly leaseMs: number;
  readonly masters: readonly string[];
  readonly directives: readonly Directive[];
  /** Report ids that need not be repeated. */
  readonly acks: readonly number[];
  /** The list's hash did not match, or the master knows too little: send the next list in full. */
  readonly wantFull: boolean;
}

/** The master does not know this worker (any more): register again. */
export interface RegisterAgain {
  readonly kind: "register-again";
  readonly message: string;
}

export type SyncAnswer = SyncReply | NotLeader | RegisterAgain | RegisterRefused;

/** worker -> any master, in a denial round: do you lead? */
export interface Probe {
  readonly kind: "probe";
  readonly workerId: string;
  readonly nonce: string;
}

/** A leader answers that it leads, and nothing more: the worker then syncs with it. */
export interface Leading {
  readonly kind: "leading";
  readonly nonce: string;
  readonly epoch: Epoch;
}

export type ProbeReply = Leading | NotLeader;
