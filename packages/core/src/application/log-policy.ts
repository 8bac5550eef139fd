import type { RequestedLogPolicy } from "./description.ts";

/** How the output of an attempt is rolled: what its description says, and what its worker says where that says nothing. */
export interface LogPolicy {
  /** Size at which a file is rolled; null: never because of its size. */
  readonly segmentBytes: number | null;
  /** Length of the periods of wall-clock time, counted from 1970, of which each has files of its own; null: time does not matter. */
  readonly rollEveryMs: number | null;
  /** Rolled segments kept beside the one being written; null: all. */
  readonly keep: number | null;
  readonly compress: boolean;
}

/** What a worker says that is not told otherwise. */
export const defaultLogPolicy: LogPolicy = {
  segmentBytes: 64 * 1024 ** 2,
  rollEveryMs: null,
  keep: 8,
  compress: true,
};

/** What the description says wins field by field; a worker that rolls by time goes on doing so beside a size that was asked for. */
export function completeLogPolicy(requested: RequestedLogPolicy, worker: LogPolicy): LogPolicy {
  return {
    segmentBytes: requested.segmentBytes ?? worker.segmentBytes,
    rollEveryMs: worker.rollEveryMs,
    keep: requested.keep ?? worker.keep,
    compress: requested.compress ?? worker.compress,
  };
}
