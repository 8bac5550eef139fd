import type { WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";
import type { WorkerView } from "./worker-view.ts";

export function viewWorker(step: StepContext, worker: WorkerEntry): WorkerView {
  return {
    worker: worker.record,
    usedMilliCores: worker.usedMilliCores,
    usedMemoryMiB: worker.usedMemoryMiB,
    usedResources: Object.fromEntries(worker.usedResources),
    attempts: worker.live.size + worker.strays.size,
    quarantined: [...worker.strays]
      .filter(([, stray]) => stray.kind === "unknown")
      .map(([key]) => key),
    heardMsAgo: worker.heard ? step.now.bootMs - worker.heardAtMs : null,
  };
}
