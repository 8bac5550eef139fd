import { parseAttemptKey } from "../attempt-key.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { ApplicationDescription } from "../application/description.ts";
import type { AttemptOutcome } from "../application/outcome.ts";
import type { Epoch } from "../epoch.ts";
import type { SupervisorCommand } from "../protocol/supervisor.ts";

/** Under what a launch may be started: the stamp of the Sync that its reply answered, and that reply's grant. */
export interface LaunchOrder {
  readonly stamp: number;
  readonly leaseMs: number;
  readonly epoch: Epoch;
}

export type StartCommand = Extract<SupervisorCommand, { kind: "start" }>;

/**
 * How far an attempt is:
 * accepting (its entry is being journalled) -> preparing (work directory, command) -> starting
 * (the supervisor was told) -> started -> ended (until forgotten).
 * An end that the worker decides itself is `settling` until it is journalled.
 * `recovered`: found in the journal, and the supervisor has not said yet what became of it.
 */
export type HeldPhase =
  | { readonly kind: "recovered"; readonly started: boolean }
  | { readonly kind: "accepting"; readonly order: LaunchOrder }
  | { readonly kind: "preparing"; readonly order: LaunchOrder }
  /** The command is kept to be repeated to a supervisor that did not get it; null after a restart of the worker. */
  | { readonly kind: "starting"; readonly command: StartCommand | null }
  | { readonly kind: "started"; readonly pid: number; readonly startedAtMs: number }
  | { readonly kind: "settling"; readonly outcome: AttemptOutcome }
  | { readonly kind: "ended"; readonly outcome: AttemptOutcome };

/** An attempt that this worker was given and has not been told to forget. */
export interface HeldAttempt {
  readonly attempt: AttemptKey;
  readonly clusterId: string;
  readonly appId: string;
  readonly number: number;
  /** Null for refusals and for attempts that only the supervisor knew; dropped at the end. */
  description: ApplicationDescription | null;
  /** Whether it lives on leases. Where the worker does not know, it is renewed: that harms nobody. */
  readonly fence: boolean;
  phase: HeldPhase;
  /** The first Sync that lists it; null while it is not in the list. */
  listedFrom: number | null;
  /** Its reports that may be unacknowledged, the latest last. */
  reportIds: readonly number[];
  /** A kill that was ordered and must outlive a lost connection to the supervisor. */
  kill: { readonly immediately: boolean; readonly epoch: Epoch } | null;
}

/** A new entry of the worker's table, not yet listed. The key must be well-formed. */
export function holdAttempt(
  attempt: AttemptKey,
  description: ApplicationDescription | null,
  phase: HeldPhase,
): HeldAttempt {
  const parts = parseAttemptKey(attempt);
  return {
    attempt,
    clusterId: parts?.clusterId ?? "",
    appId: parts?.appId ?? "",
    number: parts?.number ?? 0,
    description,
    fence: description === null || description.onDisconnect === "fence",
    phase,
    listedFrom: null,
    reportIds: [],
    kill: null,
  };
}

/** Whether it may have a process, or may get one. */
export function mayRun(held: HeldAttempt): boolean {
  return held.phase.kind !== "ended" && held.phase.kind !== "settling";
}

/** Whether the supervisor was told to run it. */
export function isSupervised(held: HeldAttempt): boolean {
  return held.phase.kind === "starting" || held.phase.kind === "started";
}
