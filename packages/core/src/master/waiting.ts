import { keyHolder } from "./key-line.ts";
import type { LiveApplication, MasterState } from "./state.ts";
import type { StepContext } from "./step-context.ts";

/** Puts an application that has no live attempt in line: now, when its backoff is over, or when the holder of its key has ended. */
export function enqueue(step: StepContext, application: LiveApplication): void {
  const { record, description } = application;
  const { state, now } = step;
  if (keyHolder(state, application) !== undefined) {
    state.blocked.add(record.id);
    return;
  }
  if (record.notBeforeMs !== null && record.notBeforeMs > now.wallMs) {
    state.delayed.add(record.id);
    state.agenda.add(now.bootMs + (record.notBeforeMs - now.wallMs), {
      kind: "backoff-over",
      appId: record.id,
    });
    return;
  }
  state.delayed.delete(record.id);
  state.queue.enqueue({
    appId: record.id,
    order: record.number,
    milliCores: description.milliCores,
    memoryMiB: description.memoryMiB,
    resources: description.resources,
    waitingSinceMs: now.bootMs - Math.max(0, now.wallMs - record.changedAtMs),
  });
}

/** The backoff of an application is over, unless it was killed meanwhile. */
export function endBackoff(step: StepContext, appId: string): void {
  const application = step.state.applications.get(appId);
  if (application === undefined || !step.state.delayed.has(appId)) return;
  step.state.delayed.delete(appId);
  step.state.queue.enqueue({
    appId,
    order: application.record.number,
    milliCores: application.description.milliCores,
    memoryMiB: application.description.memoryMiB,
    resources: application.description.resources,
    waitingSinceMs: step.now.bootMs,
  });
}

/** Takes an application out of line. */
export function dequeue(step: StepContext, appId: string): void {
  step.state.queue.remove(appId);
  step.state.blocked.delete(appId);
  step.state.delayed.delete(appId);
}

/** Applications without a live attempt, for whatever they wait. */
export function countWaiting({ queue, delayed, blocked }: MasterState): number {
  return queue.size + delayed.size + blocked.size;
}
