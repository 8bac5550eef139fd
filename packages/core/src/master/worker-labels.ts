import type { WorkerRecord } from "./store-change.ts";

/** The labels of a worker: what operators have set is stronger than its own configuration. */
export function workerLabels({
  labels,
  labelsSet,
}: Pick<WorkerRecord, "labels" | "labelsSet">): Record<string, string> {
  const all: Record<string, string> = { ...labels };
  for (const [name, value] of Object.entries(labelsSet)) {
    if (value === null) delete all[name];
    else all[name] = value;
  }
  return all;
}
