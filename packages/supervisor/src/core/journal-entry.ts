import { AlohaError } from "@aloha/core";
import type { AttemptKey, AttemptOutcome, Epoch, StopCause } from "@aloha/core";

/** What is known of a main process that ended. */
export interface ExitRecord {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stopCause: StopCause | null;
  readonly outOfMemory: boolean;
  readonly message?: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** One durable fact. The state after a restart is the fold of these, in order. */
export type JournalEntry =
  | { readonly kind: "worker"; readonly workerId: string; readonly incarnation: number }
  | { readonly kind: "epoch"; readonly clusterId: string; readonly epoch: Epoch }
  /** From here on the attempt may have a process. */
  | {
      readonly kind: "accepted";
      readonly attempt: AttemptKey;
      readonly bootId: string;
      /** It runs in a host, which has entries of its own. */
      readonly hosted?: true;
    }
  | {
      readonly kind: "started";
      readonly attempt: AttemptKey;
      readonly pid: number;
      readonly startTicks: number;
      readonly startedAtMs: number;
    }
  /** Written before the first signal. */
  | { readonly kind: "stop"; readonly attempt: AttemptKey; readonly cause: StopCause }
  /** The main process ended; its tree may not have. */
  | { readonly kind: "exited"; readonly attempt: AttemptKey; readonly exit: ExitRecord }
  | { readonly kind: "ended"; readonly attempt: AttemptKey; readonly outcome: AttemptOutcome }
  | { readonly kind: "forgotten"; readonly attempts: readonly AttemptKey[] };

const kinds: ReadonlySet<unknown> = new Set<JournalEntry["kind"]>([
  "worker",
  "epoch",
  "accepted",
  "started",
  "stop",
  "exited",
  "ended",
  "forgotten",
]);

/** The entry that `value`, read from a checksummed journal, is. Throws for a kind that this release does not know. */
export function toJournalEntry(value: unknown): JournalEntry {
  if (typeof value === "object" && value !== null && "kind" in value && kinds.has(value.kind)) {
    return value as JournalEntry;
  }
  throw new AlohaError(
    "incompatible",
    "not an entry of a supervisor's journal; a newer release may have written it",
  );
}
