import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "@aloha/runtime/node";
import { isOutputFile } from "../work-directory/application-directory.ts";
import type { Verdict } from "./health-checker.ts";

/**
 * Whether anything was written within the last `intervalMs`, by the times of the files of output, which need not be there before
 * the first byte: silence is counted from the start at the earliest. All are wall-clock times.
 */
export async function probeSilence(
  directory: string,
  intervalMs: number,
  startedAtMs: number,
  nowMs: number,
): Promise<Verdict> {
  const names = (await readdir(directory)).filter(isOutputFile);
  const times = await Promise.all(names.map((name) => writtenAtMs(join(directory, name))));
  const quietMs = Math.max(0, nowMs - Math.max(startedAtMs, ...times));
  return quietMs < intervalMs
    ? { healthy: true, message: "it writes output" }
    : { healthy: false, message: `no output for ${Math.round(quietMs / 1000)} s` };
}

/** 0 for a segment that was compressed or trimmed meanwhile. */
async function writtenAtMs(path: string): Promise<number> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return 0;
    throw error;
  }
}
