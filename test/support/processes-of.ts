import type { Cluster } from "./cluster.ts";
import { processesMarked, type ProcessInfo } from "./processes.ts";

/** The processes of an application of this cluster: another that is tested at the same time may have given the same id. */
export function processesOf(cluster: Cluster, id: string): readonly ProcessInfo[] {
  const workerIds = new Set(cluster.workers.map(({ workerIdIfKnown }) => workerIdIfKnown));
  return processesMarked(`/${id}/`).filter(({ environment }) =>
    workerIds.has(environment.get("ALOHA_WORKER_ID")),
  );
}
