import type { Runtime, Timer } from "@aloha/runtime";
import type { CleanupPolicy } from "./choose-removals.ts";
import { CleanUp, type CleanedUp, type CleanUpOptions } from "./clean-up.ts";
import { evenPace } from "./pace.ts";

/** A disk that gets full is noticed this soon. */
const spaceIntervalMsMax = 60_000;

/** Files and directories in a row: some milliseconds of the disk. */
const pace = { pieces: 64, pauseMs: 20 };

export interface CleanupOptions {
  readonly workPath: string;
  readonly policy: CleanupPolicy;
  readonly runtime: Runtime;
  /** While it says no, the worker may not know of every attempt, and nothing is removed. */
  readonly knowsAttempts: () => boolean;
  readonly held: CleanUpOptions["held"];
}

/** Removes directories of applications that have ended from time to time, one look after the other. */
export function scheduleCleanup(options: CleanupOptions): Timer {
  const { workPath, policy, runtime, held, knowsAttempts } = options;
  const { timers, clock, logger } = runtime;
  const cleanUp = new CleanUp({
    workPath,
    policy,
    pace: evenPace(timers, pace),
    wallMs: () => clock.wallMs(),
    held,
    onFailed: (path, error) =>
      logger.warn("An old application directory cannot be removed", { path, error }),
  });
  let isBusy = false;
  let allDueMs = clock.monotonicMs() + policy.intervalMs;
  let isFutile = false;
  const look = async (): Promise<CleanedUp> => {
    const isAllDue = clock.monotonicMs() >= allDueMs;
    // What fills the disk is not the worker's to remove: it is not looked for again every minute.
    if (!isAllDue && isFutile) return { removed: 0, removedForSpace: 0, isTooFull: true };
    if (isAllDue) allDueMs = clock.monotonicMs() + policy.intervalMs;
    const cleanedUp = await (isAllDue ? cleanUp.all() : cleanUp.forSpace());
    isFutile = cleanedUp.isTooFull && cleanedUp.removed + cleanedUp.removedForSpace === 0;
    return cleanedUp;
  };
  return timers.every(
    Math.min(policy.intervalMs, spaceIntervalMsMax),
    () => {
      if (isBusy || !knowsAttempts()) return;
      isBusy = true;
      look()
        .then(({ removed, removedForSpace }) => {
          if (removed > 0) logger.info("Removed old application directories", { removed });
          if (removedForSpace > 0) {
            logger.warn("Removed application directories before their time: the disk is too full", {
              removed: removedForSpace,
              diskShareMax: policy.diskShareMax,
            });
          }
        })
        .catch((error: unknown) =>
          logger.warn("Old application directories were not removed", { error }),
        )
        .finally(() => {
          isBusy = false;
        });
    },
    { keepAlive: false },
  );
}
