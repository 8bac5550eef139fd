import type { Cluster } from "../cluster.ts";
import type { WorkerNode } from "../nodes/worker-node.ts";
import type { Repairs } from "./repairs.ts";

/** Where a fault strikes. */
export interface Scene extends Cluster {
  /** The one that is hit, where a worker or its host is. */
  readonly worker: WorkerNode;
  /** What undoes it. */
  readonly repairs: Repairs;
}

/** One way in which something goes wrong. */
export interface Fault {
  readonly kind: string;
  /** Strikes now; gives what it hit, or undefined where nothing is there to be hit. Its repair is due by itself. */
  strike(scene: Scene): string | undefined;
}
