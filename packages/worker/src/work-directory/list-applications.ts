import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { applicationNumber } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";
import type { Pace } from "./pace.ts";

/** The directory of an application. */
export interface ApplicationDirectory {
  readonly name: string;
  /** When something was last written there that can be told at a glance: an entry of the directory, or output. */
  readonly lastWrittenMs: number;
}

const outputNames = ["stdout", "stderr"] as const;

/** The directories of applications, in no order. Whatever else lies in a work directory, links included, is not the worker's to touch. */
export async function listApplications(
  workPath: string,
  pace: Pace,
): Promise<readonly ApplicationDirectory[]> {
  const found: ApplicationDirectory[] = [];
  for await (const entry of await opendir(workPath)) {
    if (!entry.isDirectory() || applicationNumber(entry.name) === undefined) continue;
    const directory = join(workPath, entry.name);
    const times = await Promise.all([
      writtenMs(directory),
      ...outputNames.map((name) => writtenMs(join(directory, name))),
    ]);
    found.push({ name: entry.name, lastWrittenMs: Math.max(...times) });
    await pace();
  }
  return found;
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
