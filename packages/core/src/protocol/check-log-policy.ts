import { isCount, isPositive, isRecord } from "./check-values.ts";

/** A complete policy: what a worker says, and what a supervisor is told. */
export function isLogPolicy(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { segmentBytes, rollEveryMs, keep, compress } = value;
  return (
    (segmentBytes === null || isPositive(segmentBytes)) &&
    (rollEveryMs === null || isPositive(rollEveryMs)) &&
    (keep === null || isCount(keep)) &&
    typeof compress === "boolean"
  );
}
