import { readFileSync, rmSync } from "node:fs";
import { isAttemptKey } from "@aloha/core";
import type { ProcessIdentity } from "@aloha/runtime";
import { isRunning } from "@aloha/runtime/node";
import { signalProcess } from "../containment/signal-process.ts";
import type { GuardianNote } from "../core/index.ts";

/** The files through which supervisor and guardian know of each other. */
export interface GuardianPaths {
  readonly table: string;
  readonly note: string;
  readonly beat: string;
  readonly identity: string;
}

/** `prefix` is best on a file system in memory, which does not fill up with the disk. */
export function guardianPaths(prefix: string): GuardianPaths {
  return {
    table: `${prefix}.guard`,
    note: `${prefix}.note`,
    beat: `${prefix}.beat`,
    identity: `${prefix}.guardian`,
  };
}

/** Ends the guardian of an earlier supervisor, which would take the trees of this one for those of its own. */
export function endFormerGuardian({ identity }: GuardianPaths): void {
  const [line = ""] = readLines(identity);
  const [pid, startTicks, bootId] = line.split(" ");
  const former: ProcessIdentity = {
    pid: Number(pid),
    startTicks: Number(startTicks),
    bootId: bootId ?? "",
  };
  if (Number.isInteger(former.pid) && former.pid > 1 && isRunning(former))
    signalProcess(former.pid, "SIGKILL");
}

/** What a guardian did on its own since its notes were last removed. */
export function readNotes({ note }: GuardianPaths): readonly GuardianNote[] {
  return readLines(note).flatMap((line): GuardianNote[] => {
    const [what, attempt] = line.split(" ");
    if (what === "all") return [{ attempt: null, cause: "supervision-lost" }];
    return what === "fence" && isAttemptKey(attempt) ? [{ attempt, cause: "fence" }] : [];
  });
}

export function removeNotes({ note }: GuardianPaths): void {
  rmSync(note, { force: true });
}

/** The lines of a file; none if it is not there, or just being written. */
export function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    // The same as empty.
    return [];
  }
}
