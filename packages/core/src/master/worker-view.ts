import type { Resources } from "../placement/resources.ts";
import type { WorkerRecord } from "./store-change.ts";

/** A worker as people and programs see it. */
export interface WorkerView {
  readonly worker: WorkerRecord;
  readonly usedMilliCores: number;
  readonly usedMemoryMiB: number;
  readonly usedResources: Resources;
  readonly attempts: number;
  /** Attempts that the master does not know and therefore leaves alone. */
  readonly quarantined: readonly string[];
  /** Milliseconds since it was last heard; null: not since this master leads. */
  readonly heardMsAgo: number | null;
}
