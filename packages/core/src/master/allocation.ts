import type { AttemptKey } from "../attempt-key.ts";
import type { LiveApplication, Stray, WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";

/** Whatever a worker holds, holds resources until it is reported gone; adoption may overcommit, placement never. */
export function holdLive(
  step: StepContext,
  worker: WorkerEntry,
  attempt: AttemptKey,
  application: LiveApplication,
): void {
  const stray = worker.strays.get(attempt);
  if (stray !== undefined) releaseStray(step, worker, attempt);
  worker.live.set(attempt, application);
  use(step, worker, application.description, +1);
}

export function releaseLive(step: StepContext, worker: WorkerEntry, attempt: AttemptKey): void {
  const application = worker.live.get(attempt);
  if (application === undefined) return;
  worker.live.delete(attempt);
  use(step, worker, application.description, -1);
}

export function holdStray(
  step: StepContext,
  worker: WorkerEntry,
  attempt: AttemptKey,
  stray: Stray,
): void {
  const before = worker.strays.get(attempt);
  if (before !== undefined) use(step, worker, before, -1);
  worker.strays.set(attempt, stray);
  use(step, worker, stray, +1);
}

export function releaseStray(step: StepContext, worker: WorkerEntry, attempt: AttemptKey): void {
  const stray = worker.strays.get(attempt);
  if (stray === undefined) return;
  worker.strays.delete(attempt);
  use(step, worker, stray, -1);
}

function use(
  step: StepContext,
  worker: WorkerEntry,
  resources: { readonly milliCores: number; readonly memoryMiB: number },
  sign: 1 | -1,
): void {
  worker.usedMilliCores += sign * resources.milliCores;
  worker.usedMemoryMiB += sign * resources.memoryMiB;
  step.stir(worker);
}

/** Tells placement what this worker has to offer now. */
export function publishCapacity(step: StepContext, worker: WorkerEntry): void {
  const { record } = worker;
  const accepting = record.mode === "ALIVE" && worker.reconciled && worker.intent === "serving";
  step.state.queue.setWorker({
    workerId: record.workerId,
    freeMilliCores: Math.max(0, record.milliCores - worker.usedMilliCores),
    freeMemoryMiB: Math.max(0, record.memoryMiB - worker.usedMemoryMiB),
    totalMilliCores: record.milliCores,
    totalMemoryMiB: record.memoryMiB,
    accepting,
  });
}
