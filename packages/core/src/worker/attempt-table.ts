import type { AttemptKey } from "../attempt-key.ts";
import { endHealth } from "./health.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import type { WorkerState } from "./worker-state.ts";

/** Puts an attempt into the table. It is not in the list yet. */
export function addAttempt(state: WorkerState, held: HeldAttempt): void {
  state.attempts.set(held.attempt, held);
  const application = `${held.clusterId}/${held.appId}`;
  const numbers = state.numbers.get(application);
  if (numbers === undefined) state.numbers.set(application, [held.number]);
  else numbers.push(held.number);
}

/** Puts an attempt that is in the table into the list, from the next Sync on. */
export function listAttempt(state: WorkerState, held: HeldAttempt): void {
  if (held.listedFrom !== null) return;
  held.listedFrom = state.sync.seq + 1;
  state.listHash.add(held.attempt);
}

/** Takes an attempt out of the table, the list and the reports. */
export function removeAttempt(state: WorkerState, held: HeldAttempt): void {
  state.attempts.delete(held.attempt);
  state.fenced.delete(held.attempt);
  endHealth(state, held.attempt);
  if (held.listedFrom !== null) state.listHash.remove(held.attempt);
  const application = `${held.clusterId}/${held.appId}`;
  const others = (state.numbers.get(application) ?? []).filter((number) => number !== held.number);
  if (others.length === 0) state.numbers.delete(application);
  else state.numbers.set(application, others);
  for (const id of held.reportIds) state.reports.pending.delete(id);
  remember(state.forgotten, held.attempt, state.limits.forgottenMax);
}

/** Drops the older half at once when it is full: a set that loses its oldest at every step is slow to find it. */
function remember(set: Set<AttemptKey>, attempt: AttemptKey, max: number): void {
  set.add(attempt);
  if (set.size <= max) return;
  let excess = Math.ceil(max / 2);
  for (const oldest of set) {
    if (excess-- <= 0) break;
    set.delete(oldest);
  }
}
