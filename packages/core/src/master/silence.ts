/**
 * What follows when a worker is not heard. After a lease it is UNKNOWN, and so are its
 * applications. After the longest lease that may be in force and a margin, its supervisor has
 * killed every `fence` attempt: those are over. `keep` attempts stay UNKNOWN until it is back.
 */
import { decideAfterFence } from "../application/transition.ts";
import { holdStray, publishCapacity } from "./allocation.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { marginOf } from "./lease.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { LiveApplication, WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";
import { modeInService } from "./worker-orders.ts";

/** The worker has spoken. */
export function hear(step: StepContext, worker: WorkerEntry): void {
  worker.heardAtMs = step.now.bootMs;
  worker.heard = true;
  step.stir(worker);
  watch(step, worker);
}

/** Looks for silence when it can have lasted a lease at the earliest. */
export function watch(step: StepContext, worker: WorkerEntry): void {
  if (worker.watched) return;
  worker.watched = true;
  step.state.agenda.add(worker.heardAtMs + silenceMs(step, worker), {
    kind: "worker-silent",
    workerId: worker.record.workerId,
  });
}

function silenceMs(step: StepContext, worker: WorkerEntry): number {
  const { leaseMs, maintenanceLeaseMs } = step.state.settings;
  return worker.record.mode === "MAINTENANCE" ? maintenanceLeaseMs : leaseMs;
}

export function checkSilence(step: StepContext, worker: WorkerEntry): void {
  worker.watched = false;
  if (step.now.bootMs < worker.heardAtMs + silenceMs(step, worker)) {
    watch(step, worker);
    return;
  }
  fallSilent(step, worker);
}

function fallSilent(step: StepContext, worker: WorkerEntry): void {
  const { workerId, mode, maxLeaseMs } = worker.record;
  worker.reconciled = false;
  worker.wantFull = true;
  worker.held = null;
  step.state.recovering.delete(workerId);
  if (mode !== "UNKNOWN" && mode !== "DEAD") {
    step.changeWorker(worker, { mode: "UNKNOWN" }, "Not heard for its lease");
  }
  for (const [key, application] of worker.live) becomeUnknown(step, worker, key, application);
  const fenceAtMs = worker.heardAtMs + maxLeaseMs + marginOf(maxLeaseMs);
  step.state.agenda.add(fenceAtMs, { kind: "worker-fence", workerId });
  publishCapacity(step, worker);
}

function becomeUnknown(
  step: StepContext,
  worker: WorkerEntry,
  key: AttemptKey,
  application: LiveApplication,
): void {
  const { record } = application;
  if (!application.launchSent) {
    const message = "Its worker was not heard before the launch could be sent";
    const outcome = { kind: "never-started", endedAtMs: step.now.wallMs } as const;
    const over = { phase: "ENDED", outcome, endedAtMs: step.now.wallMs } as const;
    finishAttempt(step, worker, key, application, over, { kind: "requeue", message, delayMs: 0 });
    return;
  }
  if (record.state === "LAUNCHING" || record.state === "RUNNING") {
    const message = `Its worker ${worker.record.workerId} has not been heard for its lease`;
    step.changeApplication(application, { state: "UNKNOWN" }, { reason: "worker-silent", message });
  }
}

/** The fences of a silent worker have expired, unless it was heard again meanwhile. */
export function expireFences(step: StepContext, worker: WorkerEntry): void {
  const { workerId, mode, maxLeaseMs } = worker.record;
  if (mode !== "UNKNOWN") return;
  const dueMs = worker.heardAtMs + maxLeaseMs + marginOf(maxLeaseMs);
  if (step.now.bootMs < dueMs) return;
  for (const [key, application] of worker.live) {
    if (application.description.onDisconnect === "fence" && worker.record.guarded) {
      fenceOff(step, worker, key, application);
    }
  }
  if (worker.live.size > 0) return;
  step.changeWorker(
    worker,
    { mode: "DEAD" },
    "Not heard until the fences of all that it ran had expired",
  );
  const { deadWorkerPersistence, leaseMs } = step.state.settings;
  step.state.agenda.add(step.now.bootMs + deadWorkerPersistence * leaseMs, {
    kind: "worker-forgotten",
    workerId,
  });
}

/** The attempt is over for the application; on the worker it holds its resources until that is heard again. */
function fenceOff(
  step: StepContext,
  worker: WorkerEntry,
  key: AttemptKey,
  application: LiveApplication,
): void {
  const { record, description } = application;
  const after = decideAfterFence(record, description, step.now.wallMs);
  finishAttempt(
    step,
    worker,
    key,
    application,
    { phase: "FENCED", outcome: null, endedAtMs: step.now.wallMs },
    after,
  );
  const { milliCores, memoryMiB, resources } = description;
  holdStray(step, worker, key, {
    kind: "superseded",
    milliCores,
    memoryMiB,
    resources,
    ended: false,
  });
}

/** Drops a worker that has been dead for long and holds no live attempt. */
export function forgetWorker(step: StepContext, worker: WorkerEntry): void {
  const { workerId, mode } = worker.record;
  if (mode !== "DEAD" || worker.live.size > 0) return;
  step.state.workers.delete(workerId);
  step.state.queue.removeWorker(workerId);
  step.state.stirred.delete(worker);
  step.persist({ kind: "remove-worker", workerId });
}

/** An attempt that a reconciled worker should hold has been absent from its list for a lease and a margin. */
export function loseAbsent(step: StepContext, worker: WorkerEntry, key: AttemptKey): void {
  const application = worker.live.get(key);
  if (application === undefined || worker.listed.has(key) || !worker.reconciled) return;
  if (application.description.onDisconnect === "keep") {
    step.alert(
      "absent-attempt",
      `Worker ${worker.record.workerId} no longer lists ${key}, whose processes may still run: kill the application to give it up`,
    );
    return;
  }
  const message =
    "Its worker no longer lists it, and its lease has expired: how it ended is not known";
  const outcome = {
    kind: "exit-unknown",
    reason: "supervisor-lost",
    message,
    stopCause: null,
    tree: "best-effort",
    endedAtMs: step.now.wallMs,
  } as const;
  const over = { phase: "LOST", outcome, endedAtMs: step.now.wallMs } as const;
  finishAttempt(
    step,
    worker,
    key,
    application,
    over,
    decideAfterFence(application.record, application.description, step.now.wallMs),
  );
}

/** A worker that has told all it holds is given work again. */
export function returnToService(step: StepContext, worker: WorkerEntry): void {
  const { workerId, mode, maxLeaseMs } = worker.record;
  worker.reconciled = true;
  step.state.recovering.delete(workerId);
  const inService = modeInService(worker.record);
  if (worker.intent === "serving" && mode !== inService) {
    step.changeWorker(worker, { mode: inService }, "Registered and reconciled");
  }
  const { leaseMs } = step.state.settings;
  if (worker.intent === "serving" && maxLeaseMs > leaseMs) {
    step.state.agenda.add(worker.longLeaseEndsAtMs, { kind: "lower-lease", workerId });
  }
  step.stir(worker);
}

/** The worker stops on purpose: the longer lease is durable before it is granted (DESIGN 4). */
export function enterMaintenance(step: StepContext, worker: WorkerEntry): void {
  const maxLeaseMs = Math.max(worker.record.maxLeaseMs, step.state.settings.maintenanceLeaseMs);
  step.changeWorker(
    worker,
    { mode: "MAINTENANCE", maxLeaseMs },
    "It stops on purpose; what it runs goes on",
  );
}

/** The last longer lease has expired, so that deadlines may be counted from the usual one again. */
export function lowerLease(step: StepContext, worker: WorkerEntry): void {
  const { leaseMs } = step.state.settings;
  // It may have stopped and come back again meanwhile: then it holds a later lease, and is lowered after that.
  if (step.now.bootMs < worker.longLeaseEndsAtMs) return;
  const isInService = worker.record.mode === modeInService(worker.record);
  if (isInService && worker.record.maxLeaseMs > leaseMs) {
    step.changeWorker(worker, { maxLeaseMs: leaseMs });
  }
}
