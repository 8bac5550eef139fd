import { basename, join } from "node:path";
import { isRunning, readProcess } from "@aloha/runtime/node";
import type { AttemptKey } from "@aloha/core";
import type { TreeReference } from "../core/index.ts";
import { pidsOf, removeCgroup, subgroupsOf } from "./cgroup-directory.ts";
import type { CgroupKiller } from "./cgroup-killer.ts";
import type { TreeContainment } from "./containment.ts";
import type { ResourceLimits } from "./resource-limits.ts";
import { signalProcess } from "./signal-process.ts";

/** Every attempt in a cgroup of its own below `root`: no descendant can leave it. */
export function cgroupContainment(
  root: string,
  killer: CgroupKiller,
  limits: ResourceLimits,
): TreeContainment {
  const names = new Map<AttemptKey, string>();
  /** What an earlier supervisor left: the trees of all attempts of which it is not known where they are. */
  const leftovers = new Set<string>();
  const directoriesOf = (attempt: AttemptKey): readonly string[] => {
    const name = names.get(attempt);
    return name === undefined ? [...leftovers] : [join(root, name)];
  };
  const removeIfEmpty = (directory: string): void => {
    if (!killer.isEmpty(directory)) return;
    const { directories } = limits.plan(basename(directory), { memoryMiB: 0, milliCores: 0 });
    for (const besides of directories) removeCgroup(besides);
    if (removeCgroup(directory)) leftovers.delete(directory);
  };
  const isEmpty = (attempt: AttemptKey): boolean =>
    directoriesOf(attempt).every((directory) => killer.isEmpty(directory));
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
    isEmptyNow: (attempt) => (isEmpty(attempt) ? "verified" : null),
    signal(tree, signal) {
      signalCgroups(directoriesOf(tree.attempt), runningMain(tree), signal);
    },
    kill(tree) {
      const mainPid = runningMain(tree);
      if (mainPid !== null) signalProcess(mainPid, "SIGKILL");
      for (const directory of directoriesOf(tree.attempt)) killer.kill(directory);
    },
    verify(tree, done) {
      const empty = runningMain(tree) === null && isEmpty(tree.attempt);
      if (empty) for (const directory of leftovers) removeIfEmpty(directory);
      done(empty ? "verified" : null);
    },
    forget(attempt) {
      names.delete(attempt);
    },
    killLeftovers() {
      const held = new Set([...names.values()].map((name) => join(root, name)));
      for (const directory of subgroupsOf(root)) {
        if (held.has(directory)) continue;
        leftovers.add(directory);
        killer.kill(directory);
        removeIfEmpty(directory);
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
function signalCgroups(
  directories: readonly string[],
  mainPid: number | null,
  signal: NodeJS.Signals,
): void {
  if (mainPid !== null) signalProcess(-mainPid, signal);
  for (const pid of directories.flatMap(pidsOf)) {
    if (mainPid === null || readProcess(pid)?.pgid !== mainPid) signalProcess(pid, signal);
  }
}
