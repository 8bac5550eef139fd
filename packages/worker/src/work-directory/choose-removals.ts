import type { ApplicationDirectory } from "./list-applications.ts";

/** When the directories of applications that have ended are removed. */
export interface CleanupPolicy {
  readonly intervalMs: number;
  /** How long one stays after the end of the application and the last write to it. */
  readonly ttlMs: number;
  /** How full the file system may get (0 to 1) before they go earlier. */
  readonly diskShareMax: number;
  /** How many stay, at most, apart from those of the last interval. */
  readonly applicationsMax: number;
}

/** The directories in the order in which they go: what changed first, first. */
export function byAge(
  directories: readonly ApplicationDirectory[],
): readonly ApplicationDirectory[] {
  return directories.toSorted((one, other) => one.changedMs - other.changedMs);
}

/** How many at the beginning of `ordered` have to go because of their age or their number. */
export function countOfRemovals(
  ordered: readonly ApplicationDirectory[],
  { ttlMs, applicationsMax, intervalMs }: CleanupPolicy,
  nowMs: number,
): number {
  const excess = ordered.length - applicationsMax;
  const firstToStay = ordered.findIndex(({ changedMs }, index) => {
    const ageMs = nowMs - changedMs;
    return ageMs < ttlMs && (index >= excess || ageMs < intervalMs);
  });
  return firstToStay < 0 ? ordered.length : firstToStay;
}
