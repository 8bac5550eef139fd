import { readdirSync, readFileSync } from "node:fs";
import type { ProcessIdentity } from "../process-identity.ts";
import { errorCode } from "./error-code.ts";

/** One row of the process table, as /proc/PID/stat shows it (proc_pid_stat(5)). */
export interface ProcessEntry {
  readonly pid: number;
  /** The parent; 1 (or the nearest subreaper) after the parent has ended. */
  readonly ppid: number;
  readonly pgid: number;
  /** The session: what a process started with setsid keeps even when its parents end. */
  readonly sid: number;
  /** R, S, D, T, Z, X ... A zombie (Z) has ended and waits for its parent to notice. */
  readonly state: string;
  /** Start time in clock ticks since boot. */
  readonly startTicks: number;
  /** Whether it is a thread of the kernel, which runs no program. */
  readonly isKernelThread: boolean;
  /** The command's name, cut to 15 characters by the kernel. */
  readonly command: string;
}

/** The boot id of hosts without /proc (macOS), where a process is known by its pid alone. */
const BOOT_UNKNOWN = "boot-unknown";

/** PF_KTHREAD in the flags of /proc/PID/stat (linux/sched.h). */
const FLAG_KERNEL_THREAD = 0x0020_0000;

const hasProc = process.platform === "linux";

/**
 * Whether this host's process table can be read. Without it (macOS) nothing throws: lists are
 * empty, identities hold the pid alone, and whoever promises more has to say so.
 */
export const processTableAvailable: boolean = hasProc;

let bootId: string | undefined;

/** The id of this boot, which the kernel draws anew each time; "boot-unknown" where there is none. */
export function currentBootId(): string {
  bootId ??= hasProc
    ? readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()
    : BOOT_UNKNOWN;
  return bootId;
}

/** The process behind `pid` right now (zombies included), or undefined if there is none. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  if (!hasProc) {
    return answersToSignalZero(pid) ? { pid, startTicks: 0, bootId: BOOT_UNKNOWN } : undefined;
  }
  const entry = readProcess(pid);
  return entry && { pid, startTicks: entry.startTicks, bootId: currentBootId() };
}

/** Whether exactly this process is still in the table. A zombie is: its pid cannot be reused yet. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  const current = processIdentity(identity.pid);
  return (
    current !== undefined &&
    current.startTicks === identity.startTicks &&
    current.bootId === identity.bootId
  );
}

/** Whether exactly this process is still running, that is in the table and not a zombie. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (!hasProc) return isSameProcess(identity);
  const entry = readProcess(identity.pid);
  return (
    entry !== undefined &&
    entry.startTicks === identity.startTicks &&
    identity.bootId === currentBootId() &&
    !hasEnded(entry)
  );
}

/** Whether this row is of a process that has ended and only waits to be collected. */
export function hasEnded(entry: ProcessEntry): boolean {
  return entry.state === "Z" || entry.state === "X";
}

/** The row of `pid`, or undefined if there is no such process. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const text = readProcFile(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/**
 * Every process that this one may see, zombies included. Reads one small file a process
 * (about 10 microseconds each). A process that starts during the scan may be missing: whoever
 * wants to know that a tree is gone looks again until two scans agree.
 */
export function listProcesses(): readonly ProcessEntry[] {
  return listPids().flatMap((pid) => readProcess(pid) ?? []);
}

/** The rows whose parent is `pid`. Takes the table, so that one scan answers many questions. */
export function childrenOf(
  pid: number,
  processes: readonly ProcessEntry[] = listProcesses(),
): readonly ProcessEntry[] {
  return processes.filter((entry) => entry.ppid === pid);
}

/** The children of `pid`, their children and so on, parents before children. Misses those whose parents have ended. */
export function descendantsOf(
  pid: number,
  processes: readonly ProcessEntry[] = listProcesses(),
): readonly ProcessEntry[] {
  const byParent = new Map<number, ProcessEntry[]>();
  for (const entry of processes) {
    const siblings = byParent.get(entry.ppid);
    if (siblings === undefined) byParent.set(entry.ppid, [entry]);
    else siblings.push(entry);
  }
  const found = new Map<number, ProcessEntry>();
  const waiting = [pid];
  for (const parent of waiting) {
    for (const child of byParent.get(parent) ?? []) {
      if (child.pid === pid || found.has(child.pid)) continue;
      found.set(child.pid, child);
      waiting.push(child.pid);
    }
  }
  return [...found.values()];
}

/** The pids in /proc, in no particular order; none where there is no /proc. */
export function listPids(): readonly number[] {
  if (!hasProc) return [];
  return readdirSync("/proc")
    .filter((name) => name.charCodeAt(0) <= 57 && /^\d+$/.test(name))
    .map(Number);
}

/** The text of a file under /proc; undefined if the process has ended or may not be looked at. */
export function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") {
      return undefined;
    }
    throw error;
  }
}

/**
 * Parses a line of /proc/PID/stat. The command stands in parentheses and may itself hold
 * spaces and parentheses, so the fields are counted from the last closing one.
 */
export function parseStat(text: string): ProcessEntry | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(" ");
  return {
    pid: Number.parseInt(text, 10),
    command: text.slice(open + 1, close),
    state: fields[0] ?? "",
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    sid: Number(fields[3]),
    startTicks: Number(fields[19]),
    isKernelThread: (Number(fields[6]) & FLAG_KERNEL_THREAD) !== 0,
  };
}

function answersToSignalZero(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}
