import type { Runtime, Timer } from "@aloha/runtime";
import { removeOldApplications } from "./remove-old-applications.ts";

/** When old application directories are removed. */
export interface CleanupPolicy {
  readonly intervalMs: number;
  /** How long a directory stays after the last write. */
  readonly ttlMs: number;
}

/** Removes old application directories from time to time, one round after the other. */
export function scheduleCleanup(
  workPath: string,
  { intervalMs, ttlMs }: CleanupPolicy,
  held: () => ReadonlySet<string>,
  { timers, clock, logger }: Runtime,
): Timer {
  let busy = false;
  const round = async (): Promise<void> => {
    const removed = await removeOldApplications({
      workPath,
      ttlMs,
      nowMs: clock.wallMs(),
      held: held(),
      onFailed: (path, error) =>
        logger.warn("An old application directory cannot be removed", { path, error }),
    });
    if (removed > 0) logger.info("Removed old application directories", { removed });
  };
  return timers.every(
    intervalMs,
    () => {
      if (busy) return;
      busy = true;
      round()
        .catch((error: unknown) =>
          logger.warn("Old application directories were not removed", { error }),
        )
        .finally(() => {
          busy = false;
        });
    },
    { keepAlive: false },
  );
}
