import { lstat as lstatThen } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { applicationNumber } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";
import type { Pace } from "./pace.ts";

/** The directory of an application. */
export interface ApplicationDirectory {
  readonly name: string;
  /** When an entry of it was last made or removed, or when it was last marked as alive. */
  readonly changedMs: number;
}

// Cheaper than that of node:fs/promises.
const lstat = promisify(lstatThen);

const outputNames = ["stdout", "stderr"] as const;

/** The directories of applications, in no order. Whatever else lies in a work directory, links included, is not the worker's to touch. */
export async function listApplications(
  workPath: string,
  pace: Pace,
): Promise<readonly ApplicationDirectory[]> {
  const found: ApplicationDirectory[] = [];
  for await (const entry of await opendir(workPath)) {
    if (!entry.isDirectory() || applicationNumber(entry.name) === undefined) continue;
    const changedMs = await writtenMs(join(workPath, entry.name));
    if (changedMs > 0) found.push({ name: entry.name, changedMs });
    await pace();
  }
  return found;
}

/** When its application last wrote output; 0 if never. */
export async function outputWrittenMs(directory: string): Promise<number> {
  const times = await Promise.all(outputNames.map((name) => writtenMs(join(directory, name))));
  return Math.max(...times);
}

/** 0 if there is nothing. */
async function writtenMs(path: string): Promise<number> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return 0;
    throw error;
  }
}
