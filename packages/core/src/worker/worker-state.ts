import { ListHash } from "../protocol/list-hash.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { LogPolicy } from "../application/log-policy.ts";
import type { Resources } from "../placement/resources.ts";
import type { Epoch } from "../epoch.ts";
import type { Containment } from "../protocol/supervisor.ts";
import type { AttemptReport, HostAndPort, WorkerIntent } from "../protocol/worker.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import type { JournalledWorker } from "./journal-entry.ts";
import type { WorkerLimits } from "./limits.ts";
import { Agenda } from "../master/agenda.ts";
import type { HealthWatch } from "./health.ts";
import type { WorkerAlertCode } from "./worker-effect.ts";

/** Who this worker is and what it offers: fixed from its start on. */
export interface WorkerIdentity {
  readonly workerId: string;
  readonly hostId: string;
  /** Raised durably before the state machine is made. */
  readonly incarnation: number;
  readonly address: HostAndPort;
  readonly milliCores: number;
  readonly memoryMiB: number;
  /** Counted extras that it offers. */
  readonly resources: Resources;
  /** Names and values to find it by. */
  readonly labels: Readonly<Record<string, string>>;
  readonly softwareVersion: string;
}

/** Randomness for jitter and nonces. */
export interface WorkerRandom {
  fraction(): number;
  /** `length` bytes as hex. */
  hex(length: number): string;
}

/** The connection to the supervisor. */
export type SupervisorLink =
  | { readonly kind: "detached"; readonly retryAtMs: number }
  /** `patientUntilMs`: when an operator should hear of it. */
  | { readonly kind: "attaching"; readonly patientUntilMs: number }
  | { readonly kind: "attached" };

/** What the supervisor said of its host when it was attached. */
export interface SupervisorHost {
  readonly bootId: string;
  readonly containment: Containment;
  readonly guarded: boolean;
}

/** How the worker stands to the masters. */
export type Session =
  | {
      readonly kind: "seeking";
      /** Whom to ask next; null: the next of the list. */
      readonly next: string | null;
      /** Masters asked since the last wait. */
      readonly tried: number;
      readonly atMs: number;
    }
  | {
      readonly kind: "registering";
      readonly master: string;
      readonly token: number;
      readonly nonce: string;
      readonly tried: number;
    }
  /** Registered; that is being journalled. */
  | { readonly kind: "joining"; readonly master: string; readonly leaseMs: number }
  | { readonly kind: "serving"; readonly master: string; readonly leaseMs: number };

/** A Sync on its way. */
export interface Flight {
  readonly seq: number;
  readonly token: number;
  readonly stamp: number;
  /** When that stamp was noted. */
  readonly stampedAtMs: number;
  readonly nonce: string;
  readonly intent: WorkerIntent;
  /** The seqs that it reported as applied. */
  readonly named: readonly number[];
}

/** A reply that was received in time and waits for the journal, and for the replies before it. */
export interface PendingReply {
  readonly seq: number;
  readonly named: readonly number[];
  readonly intent: WorkerIntent;
  durable: boolean;
  /** Launches that were accepted. */
  readonly accepted: readonly AttemptKey[];
  /** Ends that the worker decided: refused launches, kills that came before the start. */
  readonly settled: readonly AttemptKey[];
  /** Launches that get listed besides the accepted ones. */
  readonly listed: readonly AttemptKey[];
  readonly forgotten: ReadonlySet<AttemptKey>;
  /** A grant that must wait until the list of masters that came with it is on disk. */
  readonly grant: Grant | null;
}

/** A reply that was obeyed, until the master is known to know. */
export interface AppliedReply {
  readonly seq: number;
  readonly listChanged: boolean;
  /** Whether a Sync under way says so. */
  named: boolean;
}

export interface Grant {
  readonly seq: number;
  readonly stamp: number;
  readonly stampedAtMs: number;
  readonly leaseMs: number;
  readonly epoch: Epoch;
}

/** The Sync loop; see sync-loop.ts. */
export interface SyncState {
  /** The highest seq used. Rises through all registrations of an incarnation. */
  seq: number;
  /** The stamp that was asked for the next Sync. */
  awaitedStamp: number | null;
  lastSentAtMs: number;
  /** Sent and unanswered: two at most, the older first. */
  flights: Flight[];
  replies: PendingReply[];
  applied: AppliedReply[];
  wantFull: boolean;
  /** Whether this master was sent a Sync that says that the worker is stopping. */
  stopTold: boolean;
  /** Lowered when a Sync did not fit into a frame. */
  reportsMax: number;
}

/** News that no master has acknowledged. */
export interface ReportState {
  lastId: number;
  lastSentId: number;
  readonly pending: Map<number, AttemptReport>;
}

/** Denial rounds (DESIGN 4); see denial-round.ts. */
export interface DenialState {
  dueAtMs: number;
  round:
    | { readonly kind: "none" }
    | { readonly kind: "stamping"; readonly stamp: number }
    | {
        readonly kind: "asking";
        readonly stamp: number;
        readonly nonce: string;
        /** Tokens of the probes that are unanswered, and the masters they went to. */
        readonly waiting: Map<number, string>;
        denied: boolean;
      };
}

/** What is to be done once entries are durable. */
export type JournalContinuation =
  | { readonly kind: "nothing" }
  | { readonly kind: "joined" }
  | { readonly kind: "reply"; readonly seq: number }
  | { readonly kind: "settled"; readonly attempts: readonly AttemptKey[] };

export interface JournalState {
  token: number;
  readonly waiting: Map<number, JournalContinuation>;
  /** Durable, or never to be: what waits for them goes on in this step. */
  readonly ready: JournalContinuation[];
  failure: string | null;
  entryCount: number;
}

/** Whether the worker is about to go away. */
export type Stopping =
  | { readonly kind: "no" }
  /** Waits for the maintenance lease; `barrier` is the stamp whose answer proves that the supervisor has it. */
  | { readonly kind: "leaving"; readonly deadlineMs: number; readonly barrier: number | null }
  /** All work is being ended; `ordered`: the supervisor was told; `endedAtMs`: when nothing was left. */
  | {
      readonly kind: "ending-work";
      readonly deadlineMs: number;
      readonly ordered: boolean;
      readonly endedAtMs: number | null;
    }
  | { readonly kind: "exited" };

/** All that a worker knows. Mutable, owned by `stepWorker`. */
export interface WorkerState {
  readonly identity: WorkerIdentity;
  readonly limits: WorkerLimits;
  readonly random: WorkerRandom;
  /** Masters named at the start, `host:port`. */
  readonly seeds: readonly string[];
  /** A refused connection proves that nobody leads there, also beyond loopback (aloha.network.trustRefusal). */
  readonly trustRefusal: boolean;
  /** How output is rolled where a description does not say. */
  readonly logs: LogPolicy;
  begun: boolean;
  clusterId: string | null;
  epochSeen: Epoch | null;
  /** Every master, by the last reply; durable before any grant of that reply counts. */
  masters: readonly string[];
  link: SupervisorLink;
  attachFailures: number;
  host: SupervisorHost | null;
  stamp: number;
  session: Session;
  /** Rounds without a master that serves. */
  seekFailures: number;
  masterCursor: number;
  lastToken: number;
  readonly sync: SyncState;
  readonly reports: ReportState;
  readonly attempts: Map<AttemptKey, HeldAttempt>;
  /** The attempt numbers held, by application. */
  readonly numbers: Map<string, number[]>;
  /** Attempts that live on leases and were given to the supervisor. */
  readonly fenced: Set<AttemptKey>;
  readonly listHash: ListHash;
  readonly forgotten: Set<AttemptKey>;
  /** The last grant that was passed on to the supervisor; its lease also serves denial rounds. */
  granted: { readonly leaseMs: number; readonly stampedAtMs: number } | null;
  readonly denial: DenialState;
  /** Running attempts with a health check. */
  readonly health: Map<AttemptKey, HealthWatch>;
  /** When which of them is to be checked. */
  readonly healthChecks: Agenda<AttemptKey>;
  readonly journal: JournalState;
  stopping: Stopping;
  readonly alerts: Map<WorkerAlertCode, string>;
  wakeAtMs: number | null;
}

export interface WorkerOptions {
  readonly identity: WorkerIdentity;
  readonly limits: WorkerLimits;
  readonly random: WorkerRandom;
  readonly seeds: readonly string[];
  readonly trustRefusal: boolean;
  readonly logs: LogPolicy;
  readonly journalled: JournalledWorker;
}

/** A boot time before every other. */
export const NEVER_MS: number = Number.NEGATIVE_INFINITY;

/** A worker that has just started; see createWorker, which adds the attempts of the journal. */
export function createWorkerState(options: WorkerOptions): WorkerState {
  const { journalled, ...fixed } = options;
  return {
    ...fixed,
    begun: false,
    clusterId: journalled.clusterId,
    epochSeen: journalled.epochSeen,
    masters: journalled.masters,
    link: { kind: "detached", retryAtMs: 0 },
    attachFailures: 0,
    host: null,
    stamp: 0,
    session: { kind: "seeking", next: null, tried: 0, atMs: 0 },
    seekFailures: 0,
    masterCursor: 0,
    lastToken: 0,
    sync: {
      seq: 0,
      awaitedStamp: null,
      lastSentAtMs: 0,
      flights: [],
      replies: [],
      applied: [],
      wantFull: true,
      stopTold: false,
      reportsMax: options.limits.reportsPerSyncMax,
    },
    reports: { lastId: 0, lastSentId: 0, pending: new Map() },
    attempts: new Map(),
    numbers: new Map(),
    fenced: new Set(),
    listHash: new ListHash(),
    forgotten: new Set(journalled.forgotten),
    granted: journalled.leaseMs > 0 ? { leaseMs: journalled.leaseMs, stampedAtMs: NEVER_MS } : null,
    denial: { dueAtMs: 0, round: { kind: "none" } },
    journal: {
      token: 0,
      waiting: new Map(),
      ready: [],
      failure: null,
      entryCount: journalled.entryCount,
    },
    stopping: { kind: "no" },
    health: new Map(),
    healthChecks: new Agenda(),
    alerts: new Map(),
    wakeAtMs: null,
  };
}
