import { noResources } from "../placement/resources.ts";
import { ListHash } from "../protocol/list-hash.ts";
import { marginOf } from "./lease.ts";
import type { WorkerEntry } from "./state.ts";
import type { WorkerRecord } from "./store-change.ts";

/** A record from the store, with the default of each field that did not exist when it was written. */
export function completeWorker(stored: WorkerRecord): WorkerRecord {
  const added: Partial<WorkerRecord> = {
    resources: noResources,
    labels: {},
    labelsSet: {},
    drain: null,
  };
  return { ...added, ...stored };
}

/** A worker about which nothing is known but what is durable. */
export function newWorkerEntry(record: WorkerRecord, heardAtMs: number): WorkerEntry {
  return {
    record,
    heardAtMs,
    longLeaseEndsAtMs: heardAtMs + record.maxLeaseMs + marginOf(record.maxLeaseMs),
    watched: false,
    heard: false,
    registered: false,
    reconciled: false,
    intent: "serving",
    seq: 0,
    held: null,
    wantFull: true,
    acks: [],
    live: new Map(),
    strays: new Map(),
    usedMilliCores: 0,
    usedMemoryMiB: 0,
    usedResources: new Map(),
    listed: new Set(),
    listHash: new ListHash(),
    toLaunch: new Set(),
    toKill: new Map(),
    toForget: new Set(),
    killing: new Map(),
    sent: new Map(),
  };
}

/**
 * Forgets all that belonged to the conversation with an earlier registration. What the worker holds
 * stays held, and its highest seq stays the highest: a Sync of before must not be taken for a new one.
 */
export function restartConversation(worker: WorkerEntry): void {
  worker.reconciled = false;
  worker.wantFull = true;
  worker.intent = "serving";
  worker.held = null;
  worker.acks = [];
  worker.listed.clear();
  worker.listHash = new ListHash();
  worker.sent.clear();
  worker.toLaunch.clear();
}
