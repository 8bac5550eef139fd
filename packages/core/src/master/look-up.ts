import { parseAttemptKey } from "../attempt-key.ts";
import type { AttemptKey } from "../attempt-key.ts";
import { holdStray, releaseStray } from "./allocation.ts";
import type { Holding } from "./allocation.ts";
import { isForgetUnderWay } from "./directives.ts";
import type { MasterInput } from "./input.ts";
import type { WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";

type LookedUp = Extract<MasterInput, { readonly kind: "looked-up" }>;

/** Asks the store about an attempt that belongs to no live application. It holds its resources meanwhile. */
export function lookUp(
  step: StepContext,
  worker: WorkerEntry,
  attempt: AttemptKey,
  holding: Holding,
  ended: boolean,
): void {
  const parts = parseAttemptKey(attempt);
  const { milliCores, memoryMiB, resources } = holding;
  if (parts === undefined || parts.clusterId !== step.state.cluster.clusterId) {
    quarantine(step, worker, attempt, holding);
    return;
  }
  holdStray(step, worker, attempt, { kind: "looking-up", milliCores, memoryMiB, resources, ended });
  if (step.state.lookUps.has(attempt)) return;
  step.state.lookUps.add(attempt);
  step.effects.push({
    kind: "look-up",
    workerId: worker.record.workerId,
    appId: parts.appId,
    attempt,
  });
}

/** What this master has never heard of is left alone, holds its resources, and is said aloud. */
export function quarantine(
  step: StepContext,
  worker: WorkerEntry,
  attempt: AttemptKey,
  holding: Holding,
): void {
  const { milliCores, memoryMiB, resources } = holding;
  if (worker.strays.get(attempt)?.kind !== "unknown") {
    step.alert(
      "unknown-attempt",
      `Worker ${worker.record.workerId} runs ${attempt}, which this master does not know. It is left alone and keeps its resources`,
    );
  }
  holdStray(step, worker, attempt, {
    kind: "unknown",
    milliCores,
    memoryMiB,
    resources,
    ended: false,
  });
}

/** The store has told what an attempt belongs to: an application that has ended, or nothing at all. */
export function takeLookUp(step: StepContext, { workerId, attempt, application }: LookedUp): void {
  step.state.lookUps.delete(attempt);
  const worker = step.state.workers.get(workerId);
  const stray = worker?.strays.get(attempt);
  if (worker === undefined || stray?.kind !== "looking-up") return;
  if (application === null) {
    quarantine(step, worker, attempt, stray);
  } else if (stray.ended) {
    releaseStray(step, worker, attempt);
    if (!isForgetUnderWay(worker, attempt)) worker.toForget.add(attempt);
  } else {
    supersede(step, worker, attempt, stray);
  }
}

/** An attempt whose application has ended, or has a newer one, is killed; it holds its resources until it is gone. */
export function supersede(
  step: StepContext,
  worker: WorkerEntry,
  attempt: AttemptKey,
  holding: Holding,
): void {
  const { milliCores, memoryMiB, resources } = holding;
  holdStray(step, worker, attempt, {
    kind: "superseded",
    milliCores,
    memoryMiB,
    resources,
    ended: false,
  });
  worker.toKill.set(attempt, { immediately: false });
}
