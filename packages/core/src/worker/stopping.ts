import { mayRun } from "./held-attempt.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import { settleAttempts } from "./attempt-life.ts";
import { rejected, supervise, takeStamp } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { WorkerState } from "./worker-state.ts";

/** Asked to stop: with its work, or leaving it to the supervisor. The second time it leaves at once. */
export function requestStop(step: WorkerStep, stopWork: boolean): void {
  const { state, now } = step;
  if (state.stopping.kind !== "no") {
    exit(step, 1, `The worker was told to stop twice and leaves at once. ${whatRemains(state)}`);
    return;
  }
  const { leaveWaitMaxMs, endWorkWaitMaxMs } = state.limits;
  state.stopping = stopWork
    ? {
        kind: "ending-work",
        deadlineMs: now.bootMs + endWorkWaitMaxMs,
        ordered: false,
        endedAtMs: null,
      }
    : { kind: "leaving", deadlineMs: now.bootMs + leaveWaitMaxMs, barrier: null };
  const unstarted: HeldAttempt[] = [];
  for (const held of state.attempts.values()) {
    if (held.phase.kind === "preparing") unstarted.push(held);
  }
  settleAttempts(
    step,
    unstarted.map((held) => [held, rejected(step, "stopping", "the worker is stopping")]),
  );
}

/** Goes on stopping: leaves once there is nothing to wait for, or when the wait has been long enough. */
export function pursueStop(step: WorkerStep): void {
  const { state, now } = step;
  const { stopping } = state;
  if (stopping.kind === "leaving") {
    const alone = state.session.kind !== "serving" && state.fenced.size === 0;
    if (alone) exit(step, 0, `The worker has stopped. ${whatRemains(state)}`);
    else if (now.bootMs >= stopping.deadlineMs) {
      exit(
        step,
        1,
        `The worker has stopped, but no master granted it a maintenance lease in ${state.limits.leaveWaitMaxMs / 1000} s. ${whatRemains(state)}`,
      );
    }
  } else if (stopping.kind === "ending-work") endWork(step);
}

/** When `pursueStop` has to look again. */
export function stopDueAtMs(state: WorkerState): number | null {
  const { stopping, limits } = state;
  if (stopping.kind === "leaving") return stopping.deadlineMs;
  if (stopping.kind !== "ending-work") return null;
  return stopping.endedAtMs === null
    ? stopping.deadlineMs
    : stopping.endedAtMs + limits.endReportWaitMaxMs;
}

/** The master granted the maintenance lease, and it was passed on: it counts once the supervisor has seen it. */
export function leaseGranted(step: WorkerStep): void {
  const { state } = step;
  const { stopping } = state;
  if (stopping.kind !== "leaving" || stopping.barrier !== null) return;
  if (state.link.kind !== "attached") return;
  state.stopping = { ...stopping, barrier: takeStamp(step) };
}

/** The supervisor answered what was sent after the renewal, so it has taken that in. */
export function barrierStamped(step: WorkerStep, stamp: number): boolean {
  const { state } = step;
  if (state.stopping.kind !== "leaving" || state.stopping.barrier !== stamp) return false;
  exit(step, 0, `The worker has stopped. ${whatRemains(state)}`);
  return true;
}

/** The last thing that a worker does. */
export function exit(step: WorkerStep, code: number, message: string): void {
  step.state.stopping = { kind: "exited" };
  step.effects.push({ kind: "exit", code, message });
}

function endWork(step: WorkerStep): void {
  const { state, now } = step;
  const { stopping, link } = state;
  if (stopping.kind !== "ending-work") return;
  if (link.kind === "attached" && !stopping.ordered) {
    supervise(step, { kind: "shutdown", killAll: true });
    state.stopping = { ...stopping, ordered: true };
    return;
  }
  const left = countRunning(state);
  if (left === 0 && stopping.endedAtMs === null) {
    state.stopping = { ...stopping, endedAtMs: now.bootMs };
    return endWork(step);
  }
  if (left > 0 && (link.kind === "detached" || now.bootMs >= stopping.deadlineMs)) {
    exit(
      step,
      1,
      `The worker has stopped, but cannot tell whether all its work has ended: the supervisor ${link.kind === "detached" ? "is gone" : "has not finished"}. The next worker in this work directory will find out.`,
    );
    return;
  }
  if (stopping.endedAtMs === null) return;
  const told = state.reports.pending.size === 0 || state.session.kind !== "serving";
  const waitedMs = now.bootMs - stopping.endedAtMs;
  if ((told && link.kind === "detached") || waitedMs >= state.limits.endReportWaitMaxMs) {
    exit(step, 0, "The worker and all its work have stopped.");
  }
}

function countRunning(state: WorkerState): number {
  let count = 0;
  for (const held of state.attempts.values()) if (mayRun(held)) count++;
  return count;
}

/** What becomes of the work that is left, for whoever stopped the worker. */
function whatRemains(state: WorkerState): string {
  const running = countRunning(state);
  if (running === 0) return "No work was running.";
  const leased = state.fenced.size;
  return (
    `${running} attempt(s) run on under the supervisor; start a worker in the same work directory to take them up again` +
    (leased === 0 ? "." : `. ${leased} of them end with their lease unless that happens before.`)
  );
}
