import type { AttemptKey } from "../attempt-key.ts";
import { needsOf, noResources } from "../placement/resources.ts";
import type { Resources } from "../placement/resources.ts";
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

/** What an attempt holds of its worker. */
export interface Holding {
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly resources?: Resources | undefined;
}

function use(step: StepContext, worker: WorkerEntry, holding: Holding, sign: 1 | -1): void {
  worker.usedMilliCores += sign * holding.milliCores;
  worker.usedMemoryMiB += sign * holding.memoryMiB;
  for (const [name, amount] of needsOf(holding.resources ?? noResources).entries) {
    const used = (worker.usedResources.get(name) ?? 0) + sign * amount;
    if (used > 0) worker.usedResources.set(name, used);
    else worker.usedResources.delete(name);
  }
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
    freeResources: freeResources(worker),
    totalMilliCores: record.milliCores,
    totalMemoryMiB: record.memoryMiB,
    totalResources: record.resources,
    accepting,
  });
}

function freeResources({ record, usedResources }: WorkerEntry): Resources {
  if (usedResources.size === 0) return record.resources;
  const free: Record<string, number> = {};
  for (const [name, amount] of needsOf(record.resources).entries)
    free[name] = Math.max(0, amount - (usedResources.get(name) ?? 0));
  return free;
}
