import type { AttemptOutcome, TreeEnd } from "./outcome.ts";
import type { ApplicationState, TerminalState } from "./state.ts";

/** PLACED: durable, not yet confirmed by the worker. FENCED: its fence expired unheard. */
export type AttemptPhase = "PLACED" | "ACCEPTED" | "STARTED" | "ENDED" | "FENCED" | "LOST";

/** The last change of what the health check of an attempt says. */
export interface AttemptHealth {
  readonly healthy: boolean;
  readonly sinceMs: number;
  readonly message: string;
}

/** One attempt as the master records it. Times are wall-clock milliseconds. */
export interface AttemptRecord {
  readonly number: number;
  readonly workerId: string;
  readonly phase: AttemptPhase;
  readonly placedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly pid: number | null;
  readonly outcome: AttemptOutcome | null;
  /** What its health check says; absent as long as that has said nothing. */
  readonly health?: AttemptHealth;
}

/** Why an application ended, in one word that programs may rely on. */
export type EndReason =
  | "completed"
  | "exit-code"
  | "signal"
  | "out-of-memory"
  | "killed"
  | "killed-before-start"
  | "replaced"
  | "timeout"
  | "unhealthy"
  | "wait-timeout"
  | "deadline"
  | "start-failed"
  | "exit-unknown"
  | "host-rebooted"
  | "host-killed"
  | "host-crashed"
  | "worker-lost"
  | "fenced"
  | "drained"
  | "supervision-lost";

export interface ApplicationEnd {
  readonly state: TerminalState;
  readonly reason: EndReason;
  /** For people: what happened, and what to do about it. */
  readonly message: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly outOfMemory: boolean;
  /** Null where no process was ever started. */
  readonly tree: TreeEnd | null;
  readonly endedAtMs: number;
}

/** Who made it end: somebody who asked for it, the application that took its key, or a limit of its own. */
export const killCauses = ["request", "replaced", "deadline", "wait-timeout"] as const;
export type KillCause = (typeof killCauses)[number];

export interface KillRequest {
  readonly cause: KillCause;
  readonly atMs: number;
  readonly immediately: boolean;
  readonly reason: string;
}

/**
 * What is durable about one application, apart from its description, which never changes. It is
 * written whole: no change of an application is ever split over two commits.
 */
export interface ApplicationRecord {
  readonly id: string;
  /** The number in the id: the order of submission. */
  readonly number: number;
  readonly state: ApplicationState;
  readonly submittedAtMs: number;
  /** The ended application that this one runs again; null for a new one. */
  readonly rerunOf: string | null;
  /** When `state` was last changed. */
  readonly changedAtMs: number;
  readonly killRequest: KillRequest | null;
  /** When a process of it ran for the first time; null before. */
  readonly firstStartedAtMs: number | null;
  /** The newest attempts, oldest first, at most `attemptHistoryMax`. */
  readonly attempts: readonly AttemptRecord[];
  /** Number of the newest attempt; 0 before the first. */
  readonly attemptsTotal: number;
  /** When the restart policy relaunched it, within its window. */
  readonly restartedAtMs: readonly number[];
  /** Not to be placed before this wall-clock time (backoff); null: at once. */
  readonly notBeforeMs: number | null;
  /** Set if and only if `state` is terminal. */
  readonly end: ApplicationEnd | null;
}

/** Attempts kept in a record; `attemptsTotal` counts them all. */
export const attemptHistoryMax = 20;
