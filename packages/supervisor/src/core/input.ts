import type {
  AttemptKey,
  AttemptOutcome,
  HostReport,
  StartSpec,
  StopCause,
  SupervisorCommand,
  TreeEnd,
} from "@aloha/core";
import type { ProcessIdentity } from "@aloha/runtime";
import type { JournalEntry } from "./journal-entry.ts";

/** The time of a step: deadlines are kept on the boot clock, records carry the date. */
export interface Now {
  readonly bootMs: number;
  readonly wallMs: number;
}

/**
 * `limit`: this host has no room for another process now, so another worker may try. `lapsed`: its
 * lease was over before it could be started.
 */
export type StartFailure =
  | Extract<AttemptOutcome, { kind: "start-failed" }>["code"]
  | "limit"
  | "lapsed";

/** Whom the guardian of an earlier supervisor killed: all trees, or one that was past its deadline. */
export interface GuardianNote {
  /** Null: all of them, because the supervisor had vanished. */
  readonly attempt: AttemptKey | null;
  readonly cause: StopCause;
}

/** An attempt that was started for an earlier supervisor, by a spawn agent that is still there. */
export interface HeldAttempt {
  readonly attempt: AttemptKey;
  /** Null if it could not be started. */
  readonly main: ProcessIdentity | null;
  /** What it was started with, without arguments and environment. */
  readonly spec: StartSpec;
  readonly leaseMs: number;
  /** Null if it is never fenced. */
  readonly fenceBootMs: number | null;
  readonly startedAtMs: number;
  readonly startedBootMs: number;
}

/** Everything that can happen to a supervisor. */
export type SupervisorInput =
  /** First, once: what the journal held and what the last guardian did. */
  | {
      readonly kind: "recovered";
      readonly entries: readonly JournalEntry[];
      readonly notes: readonly GuardianNote[];
      /** What a spawn agent kept alive; what has happened to these since is told next. */
      readonly held: readonly HeldAttempt[];
    }
  | { readonly kind: "command"; readonly connection: number; readonly command: SupervisorCommand }
  | { readonly kind: "disconnected"; readonly connection: number }
  /** All entries up to and including this one are on disk. */
  | { readonly kind: "durable"; readonly sequence: number }
  /** The journal cannot be written; the shell keeps trying and says `durable` when it can. */
  | { readonly kind: "journal-failed"; readonly message: string }
  | {
      readonly kind: "spawned";
      readonly attempt: AttemptKey;
      readonly pid: number;
      readonly startTicks: number;
    }
  | {
      readonly kind: "spawn-failed";
      readonly attempt: AttemptKey;
      readonly code: StartFailure;
      readonly message: string;
    }
  | {
      readonly kind: "exited";
      readonly attempt: AttemptKey;
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly outOfMemory: boolean;
      /** The guardian noted that it killed this tree while the supervisor was stopped. */
      readonly guardianKilled: boolean;
      /** What the containment says about the rest of the tree; null if processes are left, or it takes a scan to know. */
      readonly treeEmpty: TreeEnd | null;
      /** What the attempt left in the file that its spec names. */
      readonly message?: string;
    }
  | { readonly kind: "tree-empty"; readonly attempt: AttemptKey; readonly tree: TreeEnd }
  /** A verification found processes. */
  | { readonly kind: "tree-alive"; readonly attempt: AttemptKey }
  /** Everything the attempt wrote is in its files. */
  | { readonly kind: "output-drained"; readonly attempt: AttemptKey }
  | {
      readonly kind: "guardian";
      readonly event: "up" | "lost" | "unavailable";
      readonly message: string;
    }
  /** The spawn agent vanished, and with it all that only it could see: exits and the rest of the output. */
  | { readonly kind: "agent-lost"; readonly message: string }
  /** What a host has said; first, that it is there. */
  | {
      readonly kind: "host-reports";
      readonly host: AttemptKey;
      readonly reports: readonly HostReport[];
    }
  | { readonly kind: "host-disconnected"; readonly host: AttemptKey }
  /** At least every 500 ms while anything is live. */
  | { readonly kind: "tick" }
  /** The next turn of the loop, after `again`. */
  | { readonly kind: "turn" }
  /** SIGTERM or SIGINT. */
  | {
      readonly kind: "stop-requested";
      /** Whether a spawn agent keeps what is live. */
      readonly workIsKept: boolean;
    };
