import { readFileSync } from "node:fs";
import { readLines } from "./read-lines.ts";

/** A process that a script has written down, which may have left its session and cleared its environment since. */
export interface RecordedPid {
  readonly pid: number;
  readonly name: string;
}

/** The processes in a file of lines `name pid`, as the scripts of tests write it. */
export function recordedPids(path: string): readonly RecordedPid[] {
  return readLines(path).map((line) => {
    const [name = "", pid = ""] = line.split(" ");
    return { name, pid: Number(pid) };
  });
}

/** Those of them that still run. Zombies do not count: they hold nothing and do nothing. */
export function stillRunning(recorded: readonly RecordedPid[]): readonly RecordedPid[] {
  return recorded.filter(({ pid }) => isRunning(pid));
}

export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    // It has ended.
    return false;
  }
}
