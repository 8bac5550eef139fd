import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isRunning, readProcess } from "@aloha/runtime/node";
import type { TreeReference } from "../core/index.ts";
import { pidsOf, removeCgroup, subgroupsOf } from "./cgroup-directory.ts";
import type { CgroupKiller } from "./cgroup-killer.ts";
import { fileNameOf, type TreeContainment } from "./containment.ts";
import type { ResourceLimits } from "./resource-limits.ts";
import { signalProcess } from "./signal-process.ts";

/** Cgroups that were still in use when released, tried again with later ones. */
const UNREMOVED_MAX = 1_000;
const RETRIED_PER_RELEASE = 2;

/** Every attempt in a cgroup of its own below `root`: no descendant can leave it. */
export function cgroupContainment(
  root: string,
  killer: CgroupKiller,
  limits: ResourceLimits,
): TreeContainment {
  const unremoved = new Set<string>();
  return {
    kind: "cgroup",
    description: `cgroups below ${root} (${killer.mechanism}), ${limits.description}`,
    root,
    mechanism: killer.mechanism,
    prepare(attempt, spec) {
      const name = fileNameOf(attempt);
      const directory = join(root, name);
      mkdirSync(directory, { recursive: true });
      return [...limits.prepare(name, spec), join(directory, killer.joinFile)];
    },
    isEmptyNow: (attempt) => (killer.isEmpty(join(root, fileNameOf(attempt))) ? "verified" : null),
    ranOutOfMemory: (attempt) => limits.ranOutOfMemory(fileNameOf(attempt)),
    signal(tree, signal) {
      signalCgroup(join(root, fileNameOf(tree.attempt)), runningMain(tree), signal);
    },
    kill(tree) {
      const mainPid = runningMain(tree);
      if (mainPid !== null) signalProcess(mainPid, "SIGKILL");
      killer.kill(join(root, fileNameOf(tree.attempt)));
    },
    verify(tree, done) {
      const empty =
        runningMain(tree) === null && killer.isEmpty(join(root, fileNameOf(tree.attempt)));
      done(empty ? "verified" : null);
    },
    release(attempt) {
      const name = fileNameOf(attempt);
      limits.release(name);
      const own = join(root, name);
      if (!removeCgroup(own) && unremoved.size < UNREMOVED_MAX) unremoved.add(own);
      for (const directory of [...unremoved].slice(0, RETRIED_PER_RELEASE)) {
        if (removeCgroup(directory)) unremoved.delete(directory);
      }
    },
    killLeftovers() {
      for (const directory of subgroupsOf(root)) {
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
