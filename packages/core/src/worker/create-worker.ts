import type { AttemptKey } from "../attempt-key.ts";
import { addAttempt, listAttempt } from "./attempt-table.ts";
import { holdAttempt } from "./held-attempt.ts";
import type { JournalledAttempt } from "./journal-entry.ts";
import { addReport } from "./reports.ts";
import { createWorkerState } from "./worker-state.ts";
import type { WorkerOptions, WorkerState } from "./worker-state.ts";

/** A worker that has just started and knows what its journal holds. The first input is `begin`. */
export function createWorker(options: WorkerOptions): WorkerState {
  const state = createWorkerState(options);
  for (const [attempt, known] of options.journalled.attempts) recover(state, attempt, known);
  return state;
}

function recover(state: WorkerState, attempt: AttemptKey, known: JournalledAttempt): void {
  const held =
    known.outcome === null
      ? holdAttempt(attempt, known.description, { kind: "recovered", started: known.started })
      : holdAttempt(attempt, null, { kind: "ended", outcome: known.outcome });
  addAttempt(state, held);
  listAttempt(state, held);
  if (known.outcome !== null) addReport(state, held, { kind: "ended", outcome: known.outcome });
}
