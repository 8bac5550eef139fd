import type {
  AttemptKey,
  AttemptOutcome,
  Containment,
  Epoch,
  StartSpec,
  StopCause,
  SupervisorCommand,
  TreeEnd,
} from "@aloha/core";
import type { ProcessIdentity } from "@aloha/runtime";
import { createHostedState, type HostedState } from "./hosted/hosted-state.ts";
import type { ExitRecord } from "./journal-entry.ts";
import type { SupervisorLimits } from "./limits.ts";

/**
 * How far an attempt is:
 * accepting (its record is being written) -> queued -> spawning -> running -> emptying (the main
 * process ended, others may be left) -> draining (the tree is gone, output is read to its end) ->
 * recording (the outcome is being written) -> ended (until forgotten).
 * An attempt that shares a host goes from queued to hosted, and from there to recording.
 * An attempt that a vanished supervisor left behind is `orphaned` until its tree is gone.
 */
export type Phase =
  | { readonly kind: "accepting" }
  | { readonly kind: "queued" }
  | { readonly kind: "spawning" }
  | RunningPhase
  | EmptyingPhase
  | {
      readonly kind: "draining";
      readonly main: ProcessIdentity;
      readonly exit: ExitRecord;
      readonly tree: TreeEnd;
    }
  | {
      readonly kind: "orphaned";
      readonly main: ProcessIdentity | null;
      readonly exit: ExitRecord | null;
      readonly startedAtMs: number;
      /** It shared a host, and is gone when all hosts of that time are. */
      readonly hosted: boolean;
    }
  | HostedPhase
  | { readonly kind: "recording"; readonly outcome: AttemptOutcome }
  | { readonly kind: "ended"; readonly outcome: AttemptOutcome };

/** It was handed to a host that it shares. */
export interface HostedPhase {
  readonly kind: "hosted";
  readonly host: AttemptKey;
  readonly startedAtMs: number;
  readonly startedBootMs: number;
  /** Whether the worker was told. */
  reported: boolean;
}

export interface RunningPhase {
  readonly kind: "running";
  readonly main: ProcessIdentity;
  readonly startedAtMs: number;
  readonly startedBootMs: number;
}

export interface EmptyingPhase {
  readonly kind: "emptying";
  readonly main: ProcessIdentity;
  readonly exit: ExitRecord;
  /** Leftovers are signalled once the exit is on disk and a scan has seen them. */
  recorded: boolean;
  leftovers: "unknown" | "seen" | "signalled";
  killAtBootMs: number;
}

/** A stop under way. A signal is sent only when the cause is recorded (but see `enforceDeadline`). */
export interface Stop {
  readonly cause: StopCause;
  phase: "recording" | "recorded" | "signalled";
  immediately: boolean;
  /** When the tree is killed; unknown (infinite) while recording, unless a lease ends before. */
  killAtBootMs: number;
  firstKillBootMs: number | null;
  alerted: boolean;
}

/** What is needed of a StartSpec after the start, and the lease. */
export interface Attempt {
  readonly key: AttemptKey;
  /** Null for attempts that are over or were found in the journal. */
  spec: StartSpec | null;
  deadlineBootMs: number;
  leaseMs: number;
  phase: Phase;
  stop: Stop | null;
}

/** The highest epoch seen of one cluster, and the highest that is durable. */
export interface SeenEpoch {
  readonly seen: Epoch;
  readonly durable: Epoch | null;
}

/** What is done once an entry is durable. */
export type Waiter =
  | { readonly kind: "attached"; readonly connection: number }
  | { readonly kind: "epoch"; readonly clusterId: string; readonly epoch: Epoch }
  | { readonly kind: "accepted"; readonly attempt: AttemptKey }
  | { readonly kind: "stop"; readonly attempt: AttemptKey }
  | { readonly kind: "exited"; readonly attempt: AttemptKey }
  | { readonly kind: "ended"; readonly attempt: AttemptKey };

/** All that a supervisor knows. Mutable, owned by `step`. */
export interface SupervisorState {
  readonly limits: SupervisorLimits;
  readonly bootId: string;
  readonly containment: Containment;
  /** `unavailable`: none can run here, so that `fence` is treated as `keep`. */
  guardian: "starting" | "up" | "lost" | "unavailable";
  worker: { readonly workerId: string; readonly incarnation: number } | null;
  /** The connection whose commands count, and whether `attached` was said on it. */
  attached: { readonly connection: number; answered: boolean } | null;
  detachedAtBootMs: number;
  /** By cluster: a worker that joins another one meets its epochs, which begin anew. */
  readonly epochs: Map<string, SeenEpoch>;
  conflictAlerted: string | null;
  readonly stamps: Map<number, number>;
  readonly attempts: Map<AttemptKey, Attempt>;
  liveCount: number;
  readonly spawnQueue: AttemptKey[];
  readonly hosted: HostedState;
  deferred: { readonly connection: number; readonly command: SupervisorCommand }[];
  sequence: number;
  readonly waiting: { readonly sequence: number; readonly waiter: Waiter }[];
  journalFailure: string | null;
  /** `handing-over`: it ends although there is work, which a spawn agent keeps. */
  stopping: "no" | "when-empty" | "handing-over";
  exited: boolean;
}

/** A supervisor that knows nothing yet. The first input is `recovered`. */
export function createSupervisorState(options: {
  readonly bootId: string;
  readonly containment: Containment;
  readonly limits: SupervisorLimits;
  /** Where hosts that applications share connect to. */
  readonly hostSocketPath: string;
}): SupervisorState {
  const { hostSocketPath, ...given } = options;
  return {
    ...given,
    hosted: createHostedState(hostSocketPath),
    guardian: "starting",
    worker: null,
    attached: null,
    detachedAtBootMs: 0,
    epochs: new Map(),
    conflictAlerted: null,
    stamps: new Map(),
    attempts: new Map(),
    liveCount: 0,
    spawnQueue: [],
    deferred: [],
    sequence: 0,
    waiting: [],
    journalFailure: null,
    stopping: "no",
    exited: false,
  };
}
