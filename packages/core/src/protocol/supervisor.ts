import type { AttemptKey } from "../attempt-key.ts";
import type { OnDisconnect, StopPolicy } from "../application/description.ts";
import type { LogPolicy } from "../application/log-policy.ts";
import type { AttemptOutcome, StopCause } from "../application/outcome.ts";
import type { Epoch } from "../epoch.ts";

/**
 * Worker and supervisor talk over a local socket that only their user can reach. The worker
 * commands, the supervisor reports; both may be killed at any time, so every command may be
 * repeated and every report is repeated until the worker says `forget`.
 */
export const supervisorProtocolVersion = 1;

/** `cgroup` holds every descendant; `group` may miss a daemon that leaves its session. */
export type Containment = "cgroup" | "group";

/** An account of the operating system, by its numbers. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Every group that it belongs to. */
  readonly groups: readonly number[];
}

/** Everything needed to start one attempt: an argv, never a shell string. */
export interface StartSpec {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  /** The whole environment of the process: nothing is inherited from the supervisor. */
  readonly environment: Readonly<Record<string, string>>;
  /** Directory in which `stdout` and `stderr` are written and rolled. */
  readonly outputDirectory: string;
  readonly logs: LogPolicy;
  readonly stop: StopPolicy;
  readonly onDisconnect: OnDisconnect;
  readonly timeLimitMs: number | null;
  /** RLIMIT_NOFILE, soft and hard; null: that of the supervisor. */
  readonly openFilesMax: number | null;
  /** The account that it runs as; null: that of the supervisor. */
  readonly account: Account | null;
  readonly milliCores: number;
  readonly memoryMiB: number;
  /** A file whose beginning becomes the message of the end, if the attempt has left one there. */
  readonly messagePath: string | null;
  /** Set for an attempt that runs inside a host which it shares: the rest then describes the host. */
  readonly hosted: HostedStart | null;
}

/** An attempt without a process of its own. */
export interface HostedStart {
  /** Attempts of the same pool share hosts. */
  readonly pool: string;
  /** What the host is told to run; the supervisor does not look into it. */
  readonly order: string;
}

/**
 * On whose authority a command is given. Lower incarnations are refused, and lower epochs than the
 * highest seen in the cluster of the attempts that the command names.
 */
export interface Authority {
  readonly epoch: Epoch;
  readonly incarnation: number;
}

export type SupervisorCommand =
  | {
      /** First on every connection. Answered by `attached`. A newer connection replaces an older one. */
      readonly kind: "attach";
      readonly version: number;
      readonly workerId: string;
      readonly incarnation: number;
    }
  /** Asks the supervisor to note its own boot time under this number (rising within an incarnation). Answered by `stamped`. */
  | { readonly kind: "stamp"; readonly stamp: number }
  | {
      /** Starts an attempt unless its deadline (stamp time + leaseMs) has passed. Repeating it is answered with the present state. */
      readonly kind: "start";
      readonly attempt: AttemptKey;
      readonly spec: StartSpec;
      readonly stamp: number;
      readonly leaseMs: number;
      readonly authority: Authority;
    }
  | {
      /** Moves the deadline of these attempts to stamp time + leaseMs if that is later. Never revives a lapsed one. */
      readonly kind: "renew";
      readonly attempts: readonly AttemptKey[];
      readonly stamp: number;
      readonly leaseMs: number;
      readonly authority: Authority;
    }
  | {
      readonly kind: "kill";
      readonly attempt: AttemptKey;
      /** Why, if not because the master wants it. */
      readonly cause?: "unhealthy";
      readonly authority: Authority;
      /** Skips the grace period. */
      readonly immediately: boolean;
    }
  /** The master has the outcome for good: the record may be trimmed. Unknown attempts are ignored. */
  | { readonly kind: "forget"; readonly attempts: readonly AttemptKey[] }
  /** Ends the supervisor. With live attempts it is refused unless `killAll`, which kills and verifies them first. */
  | { readonly kind: "shutdown"; readonly killAll: boolean };

/** How far one cluster's leaderships have got. */
export interface ClusterEpoch {
  readonly clusterId: string;
  readonly epoch: Epoch;
}

/** What the supervisor knows of one attempt. `ended` stays until forgotten. */
export type SupervisedAttempt =
  | {
      readonly kind: "live";
      readonly attempt: AttemptKey;
      readonly pid: number;
      readonly startedAtMs: number;
      readonly stopCause: StopCause | null;
    }
  /** Journalled, not forked yet. */
  | { readonly kind: "starting"; readonly attempt: AttemptKey }
  | { readonly kind: "ended"; readonly attempt: AttemptKey; readonly outcome: AttemptOutcome };

export type SupervisorReport =
  | {
      readonly kind: "attached";
      readonly version: number;
      readonly bootId: string;
      readonly containment: Containment;
      /** False where no guardian can run: `fence` is then treated as `keep`. */
      readonly guarded: boolean;
      /** Who starts processes, in words for a log. */
      readonly spawner?: string;
      /** The highest epoch seen of each cluster, durably: the epochs of two clusters have nothing to do with each other. */
      readonly epochsSeen: readonly ClusterEpoch[];
      readonly attempts: readonly SupervisedAttempt[];
    }
  | {
      /** A newer incarnation or another worker is attached, or the version is not spoken: the worker must stop. */
      readonly kind: "attach-refused";
      readonly code: "stale-incarnation" | "other-worker" | "incompatible";
      readonly message: string;
    }
  | { readonly kind: "stamped"; readonly stamp: number }
  | {
      readonly kind: "started";
      readonly attempt: AttemptKey;
      readonly pid: number;
      readonly startedAtMs: number;
    }
  /** The attempt is over: the record is durable and the tree is gone. Repeated at every attach until forgotten. */
  | { readonly kind: "ended"; readonly attempt: AttemptKey; readonly outcome: AttemptOutcome }
  /** A kill for an attempt that this supervisor never started. */
  | { readonly kind: "unknown-attempt"; readonly attempt: AttemptKey }
  /** Something that an operator should know: a guardian died, a disk is full, a tree does not die. */
  | { readonly kind: "alert"; readonly code: string; readonly message: string }
  | { readonly kind: "shutdown-refused"; readonly message: string };
