import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { applicationNumber } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";

/** What is looked at, besides the directory itself, to tell when an application last wrote something here. */
const outputNames = ["stdout", "stderr"] as const;

/**
 * Removes the directories of applications in which nothing was written for `ttlMs`, output and
 * all, except of those that the worker still holds. Gives how many it removed. What cannot be
 * removed is passed to `onFailed`, and does not keep the rest.
 */
export async function removeOldApplications(options: {
  readonly workPath: string;
  readonly ttlMs: number;
  readonly nowMs: number;
  readonly held: ReadonlySet<string>;
  readonly onFailed: (path: string, error: unknown) => void;
}): Promise<number> {
  const { workPath, ttlMs, nowMs, held, onFailed } = options;
  let removed = 0;
  for (const name of await readdir(workPath)) {
    // Whatever else lies here is not the worker's to remove.
    if (applicationNumber(name) === undefined || held.has(name)) continue;
    const path = join(workPath, name);
    try {
      if (nowMs - (await lastWrittenMs(path)) < ttlMs) continue;
      await rm(path, { recursive: true, force: true });
      removed++;
    } catch (error) {
      onFailed(path, error);
    }
  }
  return removed;
}

async function lastWrittenMs(directory: string): Promise<number> {
  let latest = (await stat(directory)).mtimeMs;
  for (const name of outputNames) {
    try {
      latest = Math.max(latest, (await stat(join(directory, name))).mtimeMs);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }
  return latest;
}
