import { hasEnded, listProcesses, type ProcessEntry } from "@aloha/runtime/node";
import { readFileSync } from "node:fs";

/** One look at the process table, good for any number of trees. */
export interface ProcessScan {
  /** What runs a program and has not ended. */
  readonly processes: readonly ProcessEntry[];
  /** The pids that carry each ALOHA_ATTEMPT mark. */
  readonly marked: ReadonlyMap<string, ReadonlySet<number>>;
}

const MARK = "ALOHA_ATTEMPT=";

/** Reads two small files of every process. */
export function scanProcesses(): ProcessScan {
  const processes = listProcesses().filter(
    (entry) => !entry.isKernelThread && !hasEnded(entry) && entry.pid !== process.pid,
  );
  const marked = new Map<string, Set<number>>();
  for (const { pid } of processes) {
    const attempt = markOf(pid);
    if (attempt === undefined) continue;
    const pids = marked.get(attempt) ?? new Set<number>();
    marked.set(attempt, pids.add(pid));
  }
  return { processes, marked };
}

function markOf(pid: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
    return environment
      .split("\0")
      .find((variable) => variable.startsWith(MARK))
      ?.slice(MARK.length);
  } catch {
    // Ended meanwhile, or someone else's.
    return undefined;
  }
}
