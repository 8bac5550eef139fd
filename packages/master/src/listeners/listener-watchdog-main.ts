/**
 * A thread beside a listener that ends its process when the master is gone or the memory is used up. The listener's own
 * thread may be in an endless loop, and would then notice neither.
 */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { systemTimers } from "@aloha/runtime/node";

const { masterPid, memoryBytesMax } = workerData as {
  readonly masterPid: number;
  readonly memoryBytesMax: number;
};
const lookEveryMs = 500;
/** The limit is one of the listener's own heap; Node itself and what lies outside the heap come on top. */
const restBytes = 128 * 1024 ** 2;

systemTimers.every(lookEveryMs, () => {
  if (process.ppid !== masterPid) process.kill(process.pid, "SIGKILL");
  const bytes = process.memoryUsage.rss();
  if (bytes <= memoryBytesMax + restBytes) return;
  writeSync(
    2,
    `It uses ${Math.round(bytes / 1024 ** 2)} MiB of memory, more than aloha.listeners.memoryMax allows.\n`,
  );
  process.kill(process.pid, "SIGKILL");
});
