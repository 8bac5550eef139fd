import { AlohaError } from "../error.ts";
import type { AttemptKey } from "../attempt-key.ts";
import { completeDescription } from "../application/parse-description.ts";
import type { ApplicationDescription } from "../application/description.ts";
import type { AttemptOutcome } from "../application/outcome.ts";
import type { Epoch } from "../epoch.ts";

/** One durable fact in the worker's journal. What it knows after a restart is the fold of these, and what its supervisor says. */
export type WorkerJournalEntry =
  | {
      readonly kind: "joined";
      readonly clusterId: string;
      readonly epoch: Epoch;
      readonly leaseMs: number;
      readonly masters: readonly string[];
    }
  | { readonly kind: "epoch"; readonly epoch: Epoch }
  | { readonly kind: "masters"; readonly masters: readonly string[] }
  /** Given by a launch; from here on the supervisor may be told to start it. */
  | {
      readonly kind: "accepted";
      readonly attempt: AttemptKey;
      readonly description: ApplicationDescription;
    }
  /** The supervisor said that it runs: if it ever says that it knows nothing, the exit is lost. */
  | { readonly kind: "started"; readonly attempt: AttemptKey }
  /** An end that the supervisor does not know of: a refusal, or a start that could not be prepared. */
  | { readonly kind: "settled"; readonly attempt: AttemptKey; readonly outcome: AttemptOutcome }
  | { readonly kind: "forgotten"; readonly attempts: readonly AttemptKey[] };

/** An attempt as the journal knows it. */
export interface JournalledAttempt {
  /** Null where only a refusal was journalled. */
  description: ApplicationDescription | null;
  started: boolean;
  outcome: AttemptOutcome | null;
}

/** What a worker knew when its journal was last written. */
export interface JournalledWorker {
  clusterId: string | null;
  epochSeen: Epoch | null;
  /** The lease that the cluster grants; 0 before the first registration. */
  leaseMs: number;
  masters: readonly string[];
  readonly attempts: Map<AttemptKey, JournalledAttempt>;
  readonly forgotten: Set<AttemptKey>;
  entryCount: number;
}

/** Folds a journal, oldest entry first. */
export function foldWorkerJournal(entries: Iterable<WorkerJournalEntry>): JournalledWorker {
  const worker: JournalledWorker = {
    clusterId: null,
    epochSeen: null,
    leaseMs: 0,
    masters: [],
    attempts: new Map(),
    forgotten: new Set(),
    entryCount: 0,
  };
  for (const entry of entries) {
    worker.entryCount++;
    fold(worker, entry);
  }
  return worker;
}

function fold(worker: JournalledWorker, entry: WorkerJournalEntry): void {
  switch (entry.kind) {
    case "joined":
      worker.clusterId = entry.clusterId;
      worker.epochSeen = entry.epoch;
      worker.leaseMs = entry.leaseMs;
      worker.masters = entry.masters;
      break;
    case "epoch":
      worker.epochSeen = entry.epoch;
      break;
    case "masters":
      worker.masters = entry.masters;
      break;
    case "accepted":
      worker.forgotten.delete(entry.attempt);
      attemptOf(worker, entry.attempt).description = completeDescription(entry.description);
      break;
    case "started":
      attemptOf(worker, entry.attempt).started = true;
      break;
    case "settled":
      worker.forgotten.delete(entry.attempt);
      attemptOf(worker, entry.attempt).outcome = entry.outcome;
      break;
    case "forgotten":
      for (const attempt of entry.attempts) {
        worker.attempts.delete(attempt);
        worker.forgotten.add(attempt);
      }
      break;
  }
}

function attemptOf(worker: JournalledWorker, attempt: AttemptKey): JournalledAttempt {
  let known = worker.attempts.get(attempt);
  if (known === undefined) {
    known = { description: null, started: false, outcome: null };
    worker.attempts.set(attempt, known);
  }
  return known;
}

const kinds: ReadonlySet<unknown> = new Set<WorkerJournalEntry["kind"]>([
  "joined",
  "epoch",
  "masters",
  "accepted",
  "started",
  "settled",
  "forgotten",
]);

/** The entry that `value`, read from a checksummed journal, is. Throws for a kind that this release does not know. */
export function toWorkerJournalEntry(value: unknown): WorkerJournalEntry {
  if (typeof value === "object" && value !== null && "kind" in value && kinds.has(value.kind)) {
    return value as WorkerJournalEntry;
  }
  throw new AlohaError(
    "incompatible",
    "not an entry of a worker's journal; a newer release may have written it",
  );
}
