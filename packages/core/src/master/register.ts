import { compareEpoch } from "../epoch.ts";
import { workerProtocolVersion } from "../protocol/worker.ts";
import type { Register, RegisterRefused } from "../protocol/worker.ts";
import type { MasterInput } from "./input.ts";
import { hear } from "./silence.ts";
import type { WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";
import type { WorkerRecord } from "./store-change.ts";
import { newWorkerEntry, restartConversation } from "./worker-entry.ts";

type RegisterInput = Extract<MasterInput, { readonly kind: "register" }>;

/**
 * Takes up a worker. Registering again is no error: the conversation begins anew, and what the
 * worker holds is found out by its first full list, not by what the master believes.
 */
export function register(step: StepContext, { token, message }: RegisterInput): void {
  const refusal = refusalOf(step, message);
  if (refusal !== undefined) {
    if (refusal.code !== "limit") step.alert(`worker-${refusal.code}`, refusal.message);
    step.answer(token, { kind: "register", reply: refusal });
    return;
  }
  const worker = takeUp(step, message);
  restartConversation(worker);
  worker.registered = true;
  hear(step, worker);
  const { cluster, settings } = step.state;
  step.answer(token, {
    kind: "register",
    reply: {
      kind: "registered",
      clusterId: cluster.clusterId,
      epoch: cluster.epoch,
      leaseMs: settings.leaseMs,
      masters: settings.masters,
    },
  });
}

function refusalOf(step: StepContext, message: Register): RegisterRefused | undefined {
  const { state } = step;
  const refuse = (code: RegisterRefused["code"], text: string): RegisterRefused => ({
    kind: "register-refused",
    code,
    message: text,
  });
  const { workerId } = message;
  if (message.version !== workerProtocolVersion) {
    return refuse(
      "incompatible",
      `Worker ${workerId} speaks protocol ${message.version}, this master ${workerProtocolVersion}. Run the same version on both`,
    );
  }
  const order = compareEpoch(state.cluster.epoch, message.epochSeen);
  const sameCluster = message.clusterIdSeen === state.cluster.clusterId;
  if (sameCluster && (order === "older" || order === "conflict")) {
    return refuse(
      "stale-epoch",
      `Worker ${workerId} has seen epoch ${message.epochSeen?.number}, this master leads in ${state.cluster.epoch.number}: the master's store is older than the worker's knowledge. Was it restored from a backup?`,
    );
  }
  const known = state.workers.get(workerId)?.record;
  if (known === undefined) {
    return state.workers.size < state.settings.workersMax
      ? undefined
      : refuse(
          "limit",
          `${state.settings.workersMax} workers are known already, which is the limit`,
        );
  }
  if (known.hostId !== message.hostId) {
    return refuse(
      "other-host",
      `Worker ${workerId} belongs to host ${known.hostId}, not to ${message.hostId}. Was its work directory copied? Remove .aloha/identity.json from the copy`,
    );
  }
  if (message.incarnation < known.incarnation) {
    return refuse(
      "stale-incarnation",
      `Worker ${workerId} registers as incarnation ${message.incarnation}, but ${known.incarnation} was seen. Another process with the same work directory is newer`,
    );
  }
  return undefined;
}

function takeUp(step: StepContext, message: Register): WorkerEntry {
  const { state, now } = step;
  const facts = {
    hostId: message.hostId,
    bootId: message.bootId,
    incarnation: message.incarnation,
    address: message.address,
    milliCores: message.milliCores,
    memoryMiB: message.memoryMiB,
    resources: message.resources,
    labels: message.labels,
    ...(message.logs === undefined ? {} : { logs: message.logs }),
    containment: message.containment,
    guarded: message.guarded,
    softwareVersion: message.softwareVersion,
  };
  const known = state.workers.get(message.workerId);
  if (known !== undefined) {
    if (known.record.incarnation !== message.incarnation) known.seq = 0;
    if (differs(known.record, facts))
      step.changeWorker(known, { ...facts, registeredAtMs: now.wallMs });
    return known;
  }
  const worker = newWorkerEntry(
    {
      workerId: message.workerId,
      ...facts,
      labelsSet: {},
      drain: null,
      mode: "UNKNOWN",
      maxLeaseMs: state.settings.leaseMs,
      registeredAtMs: now.wallMs,
      changedAtMs: now.wallMs,
    },
    now.bootMs,
  );
  state.workers.set(message.workerId, worker);
  step.changeWorker(worker, {});
  return worker;
}

function differs(record: WorkerRecord, facts: Partial<WorkerRecord>): boolean {
  return (Object.keys(facts) as (keyof WorkerRecord)[]).some(
    (key) => JSON.stringify(record[key]) !== JSON.stringify(facts[key]),
  );
}
