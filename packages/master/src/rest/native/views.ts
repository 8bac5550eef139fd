import type {
  Application,
  ApplicationSummary,
  Attempt,
  ExplanationView,
  OverviewView,
  Worker,
} from "@aloha/api";
import { completeDescription, completeLogPolicy, workerLabels } from "@aloha/core";
import type {
  ApplicationDescription,
  AttemptRecord,
  Explanation,
  Overview,
  WorkerRecord,
  WorkerView,
} from "@aloha/core";
import type { StoredApplication } from "../../persistence/engine.ts";

type Mutable<Value> = Value extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : Value extends object
    ? { -readonly [Key in keyof Value]: Mutable<Value[Key]> }
    : Value;

export function viewSummary({ application, ...stored }: StoredApplication): ApplicationSummary {
  const description = completeDescription(stored.description);
  const newest = application.attempts.at(-1);
  return {
    id: application.id,
    name: description.name,
    entryPoint: description.entryPoint,
    namespace: description.namespace,
    state: application.state,
    labels: description.labels,
    cores: description.milliCores / 1000,
    memoryMiB: description.memoryMiB,
    submittedAtMs: application.submittedAtMs,
    changedAtMs: application.changedAtMs,
    attempt: application.attemptsTotal,
    workerId: newest?.workerId ?? null,
    startedAtMs: newest?.startedAtMs ?? null,
    killRequested: application.killRequest !== null,
    key: description.key,
    rerunOf: application.rerunOf,
    end: application.end,
  };
}

/** `worker`: that of its newest attempt, if it has one and it is known. */
export function viewApplication(
  stored: StoredApplication,
  worker: WorkerRecord | undefined,
): Application {
  const { application } = stored;
  const description = completeDescription(stored.description);
  return {
    ...viewSummary(stored),
    description: mutable<ApplicationDescription>(description),
    logs: worker?.logs === undefined ? null : completeLogPolicy(description.logs, worker.logs),
    killRequest: application.killRequest,
    notBeforeMs: application.notBeforeMs,
    attempts: application.attempts.map(viewAttempt),
  };
}

export function viewAttempt(attempt: AttemptRecord): Attempt {
  return attempt;
}

export function viewExplanation(explanation: Explanation): ExplanationView {
  return mutable<Explanation>(explanation);
}

export function viewWorker({ worker, ...view }: WorkerView): Worker {
  return {
    id: worker.workerId,
    mode: worker.mode,
    host: worker.address.host,
    port: worker.address.port,
    cores: worker.milliCores / 1000,
    usedCores: view.usedMilliCores / 1000,
    memoryMiB: worker.memoryMiB,
    usedMemoryMiB: view.usedMemoryMiB,
    resources: worker.resources,
    usedResources: view.usedResources,
    labels: workerLabels(worker),
    drain: worker.drain,
    attempts: view.attempts,
    quarantined: [...view.quarantined],
    heardMsAgo: view.heardMsAgo,
    containment: worker.containment,
    guarded: worker.guarded,
    incarnation: worker.incarnation,
    softwareVersion: worker.softwareVersion,
    registeredAtMs: worker.registeredAtMs,
    changedAtMs: worker.changedAtMs,
  };
}

export function viewOverview({ milliCores, ...overview }: Overview): OverviewView {
  return {
    ...overview,
    cores: { total: milliCores.total / 1000, used: milliCores.used / 1000 },
  };
}

/** The contract's types say nothing about who may change a value; what is sent is only read. */
function mutable<Value>(value: Value): Mutable<Value> {
  return value as Mutable<Value>;
}
