/** Why the supervisor signalled an attempt. Durable before the signal is sent. */
export const stopCauses = ["kill", "timeout", "unhealthy", "fence", "supervision-lost"] as const;
export type StopCause = (typeof stopCauses)[number];

/**
 * Why nobody can know how an attempt ended. `host-killed`, `host-crashed`: the process that it shared with
 * others was killed because of one of them, or ended by itself.
 */
export const exitUnknownReasons = [
  "supervisor-lost",
  "host-rebooted",
  "host-killed",
  "host-crashed",
] as const;

/** Why an attempt can never run. */
export const startFailureCodes = [
  "command-not-found",
  "not-executable",
  "work-directory",
  "unknown-entry-point",
  "environment",
  "account",
  "limits",
  "libs",
  "spawn-failed",
] as const;

/** Why a worker refuses an attempt that another one may run. */
export const rejectionCodes = [
  "lapsed",
  "stopping",
  "limit",
  "stale-epoch",
  "journal-failed",
] as const;

/** `verified`: the tree was seen empty. `best-effort`: without a cgroup a daemon that left its session may have been missed. */
export type TreeEnd = "verified" | "best-effort";

/** The bytes of an attempt's own last words that are kept; the rest is cut off. */
export const endMessageBytesMax = 4096;

/** How one attempt ended, as the supervisor recorded it. Times are wall-clock milliseconds. */
export type AttemptOutcome =
  | {
      readonly kind: "exited";
      /** Null when a signal ended the main process. */
      readonly exitCode: number | null;
      readonly signal: string | null;
      /** Why it was signalled before it ended; null if it ended by itself. */
      readonly stopCause: StopCause | null;
      readonly outOfMemory: boolean;
      readonly tree: TreeEnd;
      /** What it left in the file that ALOHA_MESSAGE_FILE names, if anything: its own words about its end. */
      readonly message?: string;
      readonly startedAtMs: number;
      readonly endedAtMs: number;
    }
  | {
      /** It could never run: no such command, no work directory, ... Trying again would end the same. */
      readonly kind: "start-failed";
      readonly code: (typeof startFailureCodes)[number];
      readonly message: string;
      readonly endedAtMs: number;
    }
  | {
      /** The tree is gone, but nobody saw how the main process ended. */
      readonly kind: "exit-unknown";
      readonly reason: (typeof exitUnknownReasons)[number];
      readonly message: string;
      readonly stopCause: StopCause | null;
      readonly tree: TreeEnd;
      readonly endedAtMs: number;
    }
  | {
      /** The worker did not start it and never will: another worker may. */
      readonly kind: "rejected";
      readonly code: (typeof rejectionCodes)[number];
      readonly message: string;
      readonly endedAtMs: number;
    }
  | {
      /** A kill came before the launch: the worker has journalled that it refuses it. */
      readonly kind: "never-started";
      readonly endedAtMs: number;
    };
