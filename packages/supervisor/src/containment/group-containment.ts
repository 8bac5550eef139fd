import type { AttemptKey } from "@aloha/core";
import { descendantsOf, type ProcessEntry } from "@aloha/runtime/node";
import type { Timers } from "@aloha/runtime";
import type { TreeReference } from "../core/index.ts";
import type { TreeContainment } from "./containment.ts";
import { scanProcesses, type ProcessScan } from "./scan-processes.ts";
import { signalProcess } from "./signal-process.ts";

/** Verifications that arrive within this time share one scan of the process table. */
const SCAN_DELAY_MS = 20;

/**
 * For hosts without a writable cgroup: a tree is its session and process group, the
 * descendants by parent, and whoever carries its ALOHA_ATTEMPT mark. A daemon that leaves
 * its session, loses its parents and drops its environment is missed.
 */
export function groupContainment(timers: Timers): TreeContainment {
  /** Members seen earlier: they stay members after their parents have gone. */
  const seen = new Map<AttemptKey, Map<number, number>>();
  let waiting: { readonly tree: TreeReference; readonly done: (empty: boolean) => void }[] = [];

  const membersOf = (tree: TreeReference, scan: ProcessScan): readonly number[] => {
    const known = seen.get(tree.attempt) ?? new Map<number, number>();
    seen.set(tree.attempt, known);
    const members = findMembers(tree, scan, known);
    for (const entry of members) known.set(entry.pid, entry.startTicks);
    return members.map((entry) => entry.pid);
  };
  const verifyWaiting = (): void => {
    const batch = waiting;
    waiting = [];
    const scan = scanProcesses();
    for (const { tree, done } of batch) done(membersOf(tree, scan).length === 0);
  };
  return {
    kind: "group",
    description:
      "process groups and environment marks, no cgroup: daemons that leave their session may be missed",
    root: null,
    mechanism: "group",
    plan: () => null,
    hold() {},
    isEmptyNow: () => null,
    signal(tree, signal) {
      for (const pid of membersOf(tree, scanProcesses())) signalProcess(pid, signal);
    },
    kill(tree) {
      // Twice: whoever forked during the first scan is found by the second.
      for (let pass = 0; pass < 2; pass++) {
        for (const pid of membersOf(tree, scanProcesses())) signalProcess(pid, "SIGKILL");
      }
    },
    verify(tree, done) {
      waiting.push({ tree, done: (empty) => done(empty ? "best-effort" : null) });
      if (waiting.length === 1) timers.after(SCAN_DELAY_MS, verifyWaiting);
    },
    forget(attempt) {
      seen.delete(attempt);
    },
    killLeftovers() {},
    close() {},
  };
}

function findMembers(
  { attempt, main }: TreeReference,
  { processes, marked }: ProcessScan,
  known: ReadonlyMap<number, number>,
): readonly ProcessEntry[] {
  const ownMarks = marked.get(attempt);
  const belongs = (entry: ProcessEntry): boolean => {
    if (ownMarks?.has(entry.pid) === true || known.get(entry.pid) === entry.startTicks) return true;
    // A group or session of that number is the attempt's only if it is not older than its main process.
    return (
      main !== null &&
      entry.startTicks >= main.startTicks &&
      (entry.pgid === main.pid || entry.sid === main.pid)
    );
  };
  const roots = processes.filter(belongs);
  if (roots.length === 0) return [];
  const members = new Map(roots.map((entry) => [entry.pid, entry]));
  for (const root of roots) {
    for (const entry of descendantsOf(root.pid, processes)) members.set(entry.pid, entry);
  }
  return [...members.values()];
}
