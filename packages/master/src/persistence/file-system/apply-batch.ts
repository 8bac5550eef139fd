import { applicationNumber, invariant, isTerminal } from "@aloha/core";
import type { ApplicationRecord, Batch, StoreChange } from "@aloha/core";
import { isSuccess } from "../retention-class.ts";
import type { RetentionClass, StoreTables } from "./store-tables.ts";

/** Writes a batch. Runs inside a transaction. */
export function applyBatch(tables: StoreTables, batch: Batch): void {
  // An application that changed several times is written once, as it is in the end.
  const applications = new Map<number, ApplicationRecord>();
  for (const change of batch.changes) {
    if (change.kind === "application")
      applications.set(change.application.number, change.application);
    else applyChange(tables, change);
  }
  for (const application of applications.values()) putApplication(tables, application);
  const first = batch.events[0];
  if (first !== undefined) void tables.events.put(first.sequence, batch.events);
}

function applyChange(
  tables: StoreTables,
  change: Exclude<StoreChange, { readonly kind: "application" }>,
): void {
  switch (change.kind) {
    case "cluster":
      void tables.cluster.put("cluster", change.cluster);
      break;
    case "description":
      void tables.descriptions.put(numberOf(change.appId), change.description);
      break;
    case "worker":
      void tables.workers.put(change.worker.workerId, change.worker);
      break;
    case "remove-worker":
      void tables.workers.remove(change.workerId);
      break;
    case "request":
      void tables.requests.put(change.request.requestId, change.request);
      break;
    case "remove-request":
      void tables.requests.remove(change.requestId);
      break;
  }
}

function putApplication(tables: StoreTables, application: ApplicationRecord): void {
  if (!isTerminal(application.state)) {
    void tables.live.put(application.number, application);
    return;
  }
  void tables.live.remove(application.number);
  void tables.ended.put(application.number, application);
  void tables.expiry.put(expiryKey(application), true);
}

/** Removes a terminal application altogether. Runs inside a transaction. */
export function removeEnded(
  tables: StoreTables,
  key: readonly [RetentionClass, number, number],
): void {
  const [retentionClass, endedAtMs, number] = key;
  void tables.expiry.remove([retentionClass, endedAtMs, number]);
  void tables.ended.remove(number);
  void tables.descriptions.remove(number);
}

/** Under what a terminal application stands in the order in which they leave. */
export function expiryKey(application: ApplicationRecord): [RetentionClass, number, number] {
  const endedAtMs = application.end?.endedAtMs ?? application.changedAtMs;
  return [isSuccess(application.state) ? "success" : "failure", endedAtMs, application.number];
}

function numberOf(appId: string): number {
  const number = applicationNumber(appId);
  invariant(number !== undefined, `${appId} is not an application id`);
  return number;
}
