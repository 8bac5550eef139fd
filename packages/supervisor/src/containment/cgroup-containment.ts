import { join } from "node:path";
import { isRunning, readProcess } from "@aloha/runtime/node";
import type { AttemptKey } from "@aloha/core";
import type { TreeReference } from "../core/index.ts";
import { pidsOf, removeCgroup, subgroupsOf } from "./cgroup-directory.ts";
import type { CgroupKiller } from "./cgroup-killer.ts";
import { fileNameOf, type TreeContainment } from "./containment.ts";
import type { ResourceLimits } from "./resource-limits.ts";
import { signalProcess } from "./signal-process.ts";

/** Every attempt in a cgroup of its own below `root`: no descendant can leave it. */
export function cgroupContainment(
  root: string,
  killer: CgroupKiller,
  limits: ResourceLimits,
): TreeContainment {
  const names = new Map<AttemptKey, string>();
  const directoryOf = (attempt: AttemptKey): string =>
    join(root, names.get(attempt) ?? fileNameOf(attempt));
  return {
    kind: "cgroup",
    description: `cgroups below ${root} (${killer.mechanism}), ${limits.description}`,
    root,
    mechanism: killer.mechanism,
    plan(name, limited) {
      const besides = limits.plan(name, limited);
      const own = join(root, name);
      return {
        ...besides,
        directories: [own, ...besides.directories],
        joinFiles: [...besides.joinFiles, join(own, killer.joinFile)],
      };
    },
    hold(attempt, name) {
      names.set(attempt, name);
    },
    isEmptyNow: (attempt) => (killer.isEmpty(directoryOf(attempt)) ? "verified" : null),
    signal(tree, signal) {
      signalCgroup(directoryOf(tree.attempt), runningMain(tree), signal);
    },
    kill(tree) {
      const mainPid = runningMain(tree);
      if (mainPid !== null) signalProcess(mainPid, "SIGKILL");
      killer.kill(directoryOf(tree.attempt));
    },
    verify(tree, done) {
      const empty = runningMain(tree) === null && killer.isEmpty(directoryOf(tree.attempt));
      done(empty ? "verified" : null);
    },
    forget(attempt) {
      names.delete(attempt);
    },
    killLeftovers() {
      const held = new Set([...names.values()].map((name) => join(root, name)));
      for (const directory of subgroupsOf(root)) {
        if (held.has(directory)) continue;
        killer.kill(directory);
        removeCgroup(directory);
      }
    },
    close() {
      limits.close();
      removeCgroup(root);
    },
  };
}

/** Its pid if the main process is running: it may not have joined its cgroup yet, so the cgroup alone does not tell. */
function runningMain({ main }: TreeReference): number | null {
  return main !== null && isRunning(main) ? main.pid : null;
}

/** The main process's group at once, as a terminal would, then whoever left the group. */
function signalCgroup(directory: string, mainPid: number | null, signal: NodeJS.Signals): void {
  if (mainPid !== null) signalProcess(-mainPid, signal);
  for (const pid of pidsOf(directory)) {
    if (mainPid === null || readProcess(pid)?.pgid !== mainPid) signalProcess(pid, signal);
  }
}
