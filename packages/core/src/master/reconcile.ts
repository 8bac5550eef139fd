import { parseAttemptKey } from "../attempt-key.ts";
import type { AttemptKey } from "../attempt-key.ts";
import { ListHash } from "../protocol/list-hash.ts";
import type { ListedAttempt } from "../protocol/worker.ts";
import { releaseStray } from "./allocation.ts";
import { liveAttempt } from "./attempts.ts";
import { isForgetUnderWay, isLaunchUnderWay } from "./directives.ts";
import { marginOf } from "./lease.ts";
import { lookUp, quarantine, supersede } from "./look-up.ts";
import { returnToService } from "./silence.ts";
import type { FullList, LiveApplication, WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";

/**
 * Compares a worker's full list with what the master believes. What is listed and current is
 * adopted, what is older or ended is killed, what is unknown is left alone; what is missing was
 * either never launched, and is launched again under the same number, or is lost.
 */
export function reconcile(
  step: StepContext,
  worker: WorkerEntry,
  attempts: readonly ListedAttempt[],
  listedAtMs: number,
): void {
  const list: FullList = new Map(attempts.map((listed) => [listed.attempt, listed]));
  for (const listed of attempts) takeListed(step, worker, listed);
  for (const [key, application] of worker.live) {
    if (!list.has(key)) takeAbsent(step, worker, key, application, listedAtMs);
  }
  for (const key of worker.strays.keys()) {
    if (!list.has(key)) releaseStray(step, worker, key);
  }
  for (const key of worker.toForget) {
    if (!list.has(key)) worker.toForget.delete(key);
  }
  for (const key of worker.killing.keys()) {
    if (!list.has(key) && !worker.live.has(key)) worker.killing.delete(key);
  }
  setList(worker, attempts);
  worker.wantFull = false;
  returnToService(step, worker);
}

function setList(worker: WorkerEntry, attempts: readonly ListedAttempt[]): void {
  worker.listed.clear();
  worker.listHash = new ListHash();
  for (const { attempt } of attempts) {
    if (worker.listed.has(attempt)) continue;
    worker.listed.add(attempt);
    worker.listHash.add(attempt);
  }
}

function takeListed(step: StepContext, worker: WorkerEntry, listed: ListedAttempt): void {
  const { attempt: key, phase } = listed;
  const application = worker.live.get(key);
  if (application !== undefined) {
    adopt(step, worker, key, application);
    return;
  }
  if (isForgetUnderWay(worker, key)) return;
  const stray = worker.strays.get(key);
  if (stray !== undefined) {
    if (stray.kind === "superseded" && phase !== "ended") supersede(step, worker, key, listed);
    return;
  }
  const parts = parseAttemptKey(key);
  const current = parts === undefined ? undefined : step.state.applications.get(parts.appId);
  if (parts === undefined || parts.clusterId !== step.state.cluster.clusterId) {
    quarantine(step, worker, key, listed);
  } else if (current === undefined) {
    lookUp(step, worker, key, listed, phase === "ended");
  } else if (parts.number > current.record.attemptsTotal) {
    quarantine(step, worker, key, listed);
  } else {
    supersede(step, worker, key, listed);
  }
}

/** The worker holds it, as the master believes. */
function adopt(
  step: StepContext,
  worker: WorkerEntry,
  key: AttemptKey,
  application: LiveApplication,
): void {
  application.accepted = true;
  worker.toLaunch.delete(key);
  const { record } = application;
  if (record.killRequest !== null) {
    worker.toKill.set(key, { immediately: record.killRequest.immediately });
    return;
  }
  if (record.state !== "UNKNOWN") return;
  const state = liveAttempt(record)?.phase === "STARTED" ? "RUNNING" : "LAUNCHING";
  step.changeApplication(
    application,
    { state },
    { reason: "worker-back", message: "Its worker is back and still has it" },
  );
}

function takeAbsent(
  step: StepContext,
  worker: WorkerEntry,
  key: AttemptKey,
  application: LiveApplication,
  listedAtMs: number,
): void {
  if (isLaunchUnderWay(worker, key)) return;
  const { record } = application;
  const started = liveAttempt(record)?.phase === "STARTED";
  if (started || application.accepted) {
    const dueMs = listedAtMs + worker.record.maxLeaseMs + marginOf(worker.record.maxLeaseMs);
    step.state.agenda.add(dueMs, {
      kind: "absent-attempt",
      workerId: worker.record.workerId,
      attempt: key,
    });
    return;
  }
  if (record.killRequest !== null) {
    worker.toKill.set(key, { immediately: record.killRequest.immediately });
  } else {
    worker.toLaunch.add(key);
    backToLaunching(step, application);
  }
}

function backToLaunching(step: StepContext, application: LiveApplication): void {
  if (application.record.state !== "UNKNOWN") return;
  step.changeApplication(
    application,
    { state: "LAUNCHING" },
    {
      reason: "worker-back",
      message: "Its worker is back and never had it: it is launched there again",
    },
  );
}
