import type { WorkerJournalEntry } from "./journal-entry.ts";
import { raiseAlert } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { JournalContinuation, WorkerState } from "./worker-state.ts";

/** Journals `entries`; what `then` names goes on once they are on disk, or once they never will be. */
export function journal(
  step: WorkerStep,
  entries: readonly WorkerJournalEntry[],
  then: JournalContinuation = { kind: "nothing" },
): void {
  const { journal: state } = step.state;
  if (state.failure !== null) {
    state.ready.push(then);
    return;
  }
  const token = ++state.token;
  state.waiting.set(token, then);
  state.entryCount += entries.length;
  step.effects.push({ kind: "journal", token, entries });
}

/** What was journalled under `token` is on disk. */
export function journalled(step: WorkerStep, token: number): void {
  const { journal: state } = step.state;
  const then = state.waiting.get(token);
  if (then === undefined) return;
  state.waiting.delete(token);
  state.ready.push(then);
}

/**
 * Nothing can be journalled any more. Running work goes on and is renewed; launches are rejected
 * until the worker is restarted, and ends that it decided itself live in memory only.
 */
export function journalFailed(step: WorkerStep, message: string): void {
  const { journal: state } = step.state;
  if (state.failure !== null) return;
  state.failure = message;
  raiseAlert(
    step,
    "journal-failed",
    `The worker's journal cannot be written (${message}): running work goes on, but nothing new is started. Make room or repair the disk, then restart the worker; that ends no work.`,
  );
  state.ready.push(...state.waiting.values());
  state.waiting.clear();
}

/** Rewrites the journal once most of its entries are about attempts that are gone. */
export function compactJournal(step: WorkerStep): void {
  const { state } = step;
  const { journal: own, attempts, limits } = state;
  if (own.failure !== null || own.entryCount <= limits.journalSlackMax + 3 * attempts.size) return;
  const entries = snapshot(state);
  own.entryCount = entries.length;
  const token = ++own.token;
  own.waiting.set(token, { kind: "nothing" });
  step.effects.push({ kind: "rewrite-journal", token, entries });
}

function snapshot(state: WorkerState): readonly WorkerJournalEntry[] {
  const entries: WorkerJournalEntry[] = [];
  const { clusterId, epochSeen: epoch, masters, granted } = state;
  if (clusterId !== null && epoch !== null) {
    entries.push({ kind: "joined", clusterId, epoch, masters, leaseMs: granted?.leaseMs ?? 0 });
  }
  if (state.forgotten.size > 0) {
    entries.push({ kind: "forgotten", attempts: [...state.forgotten] });
  }
  for (const { attempt, description, phase } of state.attempts.values()) {
    if (phase.kind === "settling" || phase.kind === "ended") {
      entries.push({ kind: "settled", attempt, outcome: phase.outcome });
      continue;
    }
    if (description !== null) entries.push({ kind: "accepted", attempt, description });
    if (phase.kind === "started") entries.push({ kind: "started", attempt });
  }
  return entries;
}
