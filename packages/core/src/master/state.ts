import type { ApplicationDescription } from "../application/description.ts";
import type { ApplicationRecord } from "../application/record.ts";
import type { ApplicationState } from "../application/state.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { PlacementQueue } from "../placement/placement-queue.ts";
import type { ListHash } from "../protocol/list-hash.ts";
import type { ListedAttempt, WorkerIntent } from "../protocol/worker.ts";
import type { Holding } from "./allocation.ts";
import type { Agenda } from "./agenda.ts";
import type { Token } from "./input.ts";
import type { MasterSettings } from "./settings.ts";
import type { TimeLimit } from "./time-limits.ts";
import type { ClusterRecord, RequestRecord, WorkerRecord } from "./store-change.ts";

/**
 * Everything a leader knows, between two steps. It is one step ahead of the store at most, and
 * nothing leaves the process before the store has caught up. A master that cannot commit throws
 * this state away.
 */
export interface MasterState {
  readonly settings: MasterSettings;
  cluster: ClusterRecord;
  /** RECOVERING until every worker that holds attempts has been reconciled or given up. */
  phase: "RECOVERING" | "ALIVE";
  /** Workers that hold attempts by the store and have neither been reconciled nor given up. */
  readonly recovering: Set<string>;
  lowSpace: boolean;
  /** Next application number; below `cluster.nextNumber`, up to which numbers are set aside durably. */
  nextNumber: number;
  eventSequence: number;
  /** Applications that are not terminal. */
  readonly applications: Map<string, LiveApplication>;
  readonly workers: Map<string, WorkerEntry>;
  /** In order of `atMs`, so that the oldest are found first. */
  readonly requests: Map<string, RequestRecord>;
  readonly queue: PlacementQueue;
  readonly agenda: Agenda<AgendaItem>;
  /** Live applications by state. */
  readonly counts: Map<ApplicationState, number>;
  /** By namespace and key: the live applications that have it, in the order of their numbers. */
  readonly keyLines: Map<string, Set<string>>;
  /** Applications that wait for the holder of their key, and are therefore not in the queue. */
  readonly blocked: Set<string>;
  /** Limits that count from submission, at the boot time at which they are reached. */
  readonly timeLimits: Agenda<TimeLimit>;
  /** Applications that wait for the end of a backoff, and are therefore not in the queue. */
  readonly delayed: Set<string>;
  /** Workers that the present step has to look at before it ends. */
  readonly stirred: Set<WorkerEntry>;
  /** Attempts whose application is being read from the store. */
  readonly lookUps: Set<AttemptKey>;
  /** The last `wake` that was asked for. */
  wakeAtMs: number;
}

/** An application that is not terminal. `record` is replaced whole at each change, and persisted with it. */
export interface LiveApplication {
  record: ApplicationRecord;
  readonly description: ApplicationDescription;
  /** Whether a reply with the newest attempt's launch may have left: from then on it may run. */
  launchSent: boolean;
  /** Whether the worker has said that it took the newest attempt: from then on its absence is a loss. */
  accepted: boolean;
}

/** What falls due. An item that no longer applies when it is taken out is ignored. */
export type AgendaItem =
  | { readonly kind: "worker-silent"; readonly workerId: string }
  | { readonly kind: "worker-fence"; readonly workerId: string }
  | { readonly kind: "worker-forgotten"; readonly workerId: string }
  | { readonly kind: "lower-lease"; readonly workerId: string }
  | { readonly kind: "drain-deadline"; readonly workerId: string }
  | { readonly kind: "hold-over"; readonly workerId: string; readonly seq: number }
  | { readonly kind: "backoff-over"; readonly appId: string }
  | { readonly kind: "absent-attempt"; readonly workerId: string; readonly attempt: AttemptKey }
  | { readonly kind: "expire-requests" };

/** Why a worker holds an attempt that is not the live one of any application. */
export interface Stray extends Holding {
  /**
   * `superseded`: the application has ended or has a newer attempt: to be killed. `unknown`: the
   * master has never heard of it: left alone, for an operator to decide. `looking-up`: not known yet.
   */
  readonly kind: "superseded" | "unknown" | "looking-up";
  /** The worker has said that it is over. */
  readonly ended: boolean;
}

/** A Sync that has not been answered yet. */
export interface HeldSync {
  readonly token: Token;
  readonly seq: number;
  readonly receivedAtMs: number;
  readonly intent: WorkerIntent;
}

/** What one reply told a worker, until the worker says that it obeyed. */
export interface SentDirectives {
  readonly launches: ReadonlySet<AttemptKey>;
  readonly forgets: ReadonlySet<AttemptKey>;
  readonly kills: readonly AttemptKey[];
}

/** A worker, known to this leader from the store or from its registration. */
export interface WorkerEntry {
  record: WorkerRecord;
  /** Boot time of the latest Sync or registration; where there was none yet, the start of this leadership. */
  heardAtMs: number;
  /** An agenda item that looks for silence is under way: there is one at a time, however often it is heard. */
  watched: boolean;
  /** Until when a longer lease than the usual one may be in force; only then may `record.maxLeaseMs` be lowered. */
  longLeaseEndsAtMs: number;
  /** Heard by this leader at all. */
  heard: boolean;
  /** Registered with this leader under `record.incarnation`. */
  registered: boolean;
  /** Its full list has been compared since it registered: it may be given work. */
  reconciled: boolean;
  intent: WorkerIntent;
  /** Highest seq seen of this incarnation. */
  seq: number;
  held: HeldSync | null;
  wantFull: boolean;
  acks: number[];
  /** Live attempts of applications, and everything else the worker holds. Both hold resources. */
  readonly live: Map<AttemptKey, LiveApplication>;
  readonly strays: Map<AttemptKey, Stray>;
  usedMilliCores: number;
  usedMemoryMiB: number;
  readonly usedResources: Map<string, number>;
  /** What the worker's list must hold by what it said so far. */
  readonly listed: Set<AttemptKey>;
  listHash: ListHash;
  /** Directives still to be sent, in order of insertion. */
  readonly toLaunch: Set<AttemptKey>;
  readonly toKill: Map<AttemptKey, { readonly immediately: boolean }>;
  readonly toForget: Set<AttemptKey>;
  /** Kills that were sent and whose tree is not gone yet: sent again whenever a Sync was held to its end. */
  readonly killing: Map<AttemptKey, { readonly immediately: boolean }>;
  /** Replies not yet known to be obeyed, by seq. */
  readonly sent: Map<number, SentDirectives>;
}

/** One attempt in a full list, by its key. */
export type FullList = ReadonlyMap<AttemptKey, ListedAttempt>;
