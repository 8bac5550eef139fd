import {
  hasEnded,
  listPids,
  readProcess,
  readProcFile,
  type ProcessEntry,
} from "./process-table.ts";

/** What a scan for an environment mark found. */
export interface MarkedProcesses {
  /** Running processes that carry the mark. */
  readonly pids: readonly number[];
  /**
   * Running processes whose environment this process may not read. Those that started after
   * the marked tree may belong to it: while there are any, "none found" is best effort and no proof.
   */
  readonly unreadable: readonly ProcessEntry[];
}

/**
 * Finds the running processes whose initial environment holds `name=value` exactly
 * (/proc/PID/environ), for instance `ALOHA_ATTEMPT=...`: the last means to find a descendant
 * that left its process group and session and whose parents have ended. A process can drop the mark by
 * an exec with another environment. Zombies have no environment and are never found. Nothing
 * is found where there is no /proc.
 */
export function findMarkedProcesses(name: string, value: string): MarkedProcesses {
  const mark = Buffer.from(`${name}=${value}`).toString("latin1");
  const pids: number[] = [];
  const unreadable: ProcessEntry[] = [];
  for (const pid of listPids()) {
    const environment = readProcFile(`/proc/${pid}/environ`);
    if (environment === undefined) {
      const entry = readProcess(pid);
      if (entry !== undefined && !hasEnded(entry) && !entry.isKernelThread) unreadable.push(entry);
    } else if (holdsMark(environment, mark)) {
      pids.push(pid);
    }
  }
  return { pids, unreadable };
}

/** Whether `mark` is one whole variable among the NUL-separated ones of `environment`. */
function holdsMark(environment: string, mark: string): boolean {
  for (let at = environment.indexOf(mark); at >= 0; at = environment.indexOf(mark, at + 1)) {
    const startsVariable = at === 0 || environment[at - 1] === "\0";
    const end = at + mark.length;
    if (startsVariable && (end === environment.length || environment[end] === "\0")) return true;
  }
  return false;
}
