import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Verdict } from "./health-checker.ts";

/** Whether anything was written within the last `intervalMs`: by the times of the files of output, which are wall-clock times as `nowMs` is. */
export async function probeSilence(
  directory: string,
  intervalMs: number,
  nowMs: number,
): Promise<Verdict> {
  const times = await Promise.all(
    ["stdout", "stderr"].map(async (name) => (await lstat(join(directory, name))).mtimeMs),
  );
  const quietMs = Math.max(0, nowMs - Math.max(...times));
  return quietMs < intervalMs
    ? { healthy: true, message: "it writes output" }
    : { healthy: false, message: `no output for ${Math.round(quietMs / 1000)} s` };
}
