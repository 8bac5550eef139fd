import type { Cluster } from "../cluster.ts";
import type { Repairs } from "./repairs.ts";

/** One way in which something goes wrong. */
export interface Fault {
  readonly kind: string;
  /** Strikes now; gives what it hit, or undefined where nothing is there to be hit. Its repair is due by itself. */
  strike(cluster: Cluster, repairs: Repairs): string | undefined;
}
