/**
 * Checks of whether running attempts still work. The shell looks, this decides: an attempt that
 * fails so many checks in a row as its description says is unhealthy, and healthy again with the first that succeeds.
 * Nothing of it is durable: a worker that is restarted begins to count anew. A check fences nothing and
 * frees nothing; where it is to restart the attempt, the supervisor is told to stop it, with a cause that it makes durable.
 */
import type { AttemptKey } from "../attempt-key.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import { addReport } from "./reports.ts";
import { authorityOf, supervise } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { WorkerState } from "./worker-state.ts";

/** What is known of the health of one running attempt. */
export interface HealthWatch {
  failures: number;
  /** What the master was told last; null: nothing, and it may know something from before a restart of the worker. */
  told: boolean | null;
}

/** How long one check may take, whatever the interval. */
const checkTimeoutMaxMs = 10_000;

/** It runs: the first check is due after one interval. `isKnown`: this worker has seen all of its life. */
export function watchHealth(step: WorkerStep, held: HeldAttempt, isKnown: boolean): void {
  const health = held.description?.health ?? null;
  if (health === null || step.state.health.has(held.attempt)) return;
  step.state.health.set(held.attempt, { failures: 0, told: isKnown ? true : null });
  checkLater(step, held.attempt, health.intervalMs);
}

/** Asks the shell for the checks that are due. */
export function pursueHealth(step: WorkerStep): void {
  const { state, now } = step;
  for (;;) {
    const attempt = state.healthChecks.takeDue(now.bootMs);
    if (attempt === undefined) return;
    const held = state.attempts.get(attempt);
    if (held?.phase.kind !== "started" || !state.health.has(attempt)) continue;
    const { description, phase } = held;
    if (description === null || description.health === null) continue;
    const { probe, intervalMs } = description.health;
    step.effects.push({
      kind: "check-health",
      attempt,
      description,
      probe,
      startedAtMs: phase.startedAtMs,
      intervalMs,
      timeoutMs: Math.min(intervalMs, checkTimeoutMaxMs),
    });
  }
}

/** When the next check is due; null: none is. */
export function healthDueAtMs({ healthChecks }: WorkerState): number | null {
  return healthChecks.nextMs ?? null;
}

/** The shell has looked. */
export function healthChecked(
  step: WorkerStep,
  attempt: AttemptKey,
  healthy: boolean,
  message: string,
): void {
  const { state } = step;
  const held = state.attempts.get(attempt);
  const watch = state.health.get(attempt);
  const health = held?.description?.health ?? null;
  if (held === undefined || watch === undefined || health === null) return;
  if (held.phase.kind !== "started") return;
  checkLater(step, attempt, health.intervalMs);
  watch.failures = healthy ? 0 : watch.failures + 1;
  const isUnhealthy = watch.failures >= health.failures;
  if (!healthy && !isUnhealthy) return;
  if (watch.told !== healthy) {
    watch.told = healthy;
    addReport(state, held, { kind: "health", healthy, message });
  }
  if (isUnhealthy && health.action === "restart") stopUnhealthy(step, held);
}

/** It runs no more. */
export function endHealth(state: WorkerState, attempt: AttemptKey): void {
  state.health.delete(attempt);
}

/** Said again at each further failure: the command may have been lost with the connection. */
function stopUnhealthy(step: WorkerStep, { attempt }: HeldAttempt): void {
  const { epochSeen } = step.state;
  if (epochSeen === null) return;
  supervise(step, {
    kind: "kill",
    attempt,
    cause: "unhealthy",
    immediately: false,
    authority: authorityOf(step, epochSeen),
  });
}

function checkLater(step: WorkerStep, attempt: AttemptKey, intervalMs: number): void {
  step.state.healthChecks.add(step.now.bootMs + intervalMs, attempt);
}
