/**
 * When the period ends in which `wallMs` lies. Periods are the multiples of their length since 1970 in UTC, as
 * Spark aligns them: the same for all streams of a cluster, whenever they began.
 */
export function periodEndMs(rollEveryMs: number, wallMs: number): number {
  return (Math.floor(wallMs / rollEveryMs) + 1) * rollEveryMs;
}
