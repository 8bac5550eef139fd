import { join } from "node:path";
import { pidsOf, readControlFile, subgroupsOf, writeControlFile } from "./cgroup-directory.ts";
import { signalProcess } from "./signal-process.ts";

/** How one kind of hierarchy kills a whole cgroup and tells that it is empty. */
export interface CgroupKiller {
  readonly mechanism: "cgroup2" | "freezer";
  /** The file to which a process writes 0 to move itself. */
  readonly joinFile: string;
  kill(directory: string): void;
  /** True also if the cgroup is gone. */
  isEmpty(directory: string): boolean;
}

/** `cgroup.kill` kills all processes of the subtree at once, forks under way included (kernel 5.14). */
export const unifiedKiller: CgroupKiller = {
  mechanism: "cgroup2",
  joinFile: "cgroup.procs",
  kill(directory) {
    writeControlFile(join(directory, "cgroup.kill"), "1");
  },
  isEmpty(directory) {
    const events = readControlFile(join(directory, "cgroup.events"));
    return events === null || !events.includes("populated 1");
  },
};

/** Frozen processes cannot fork away while they are counted and killed; they die when thawed. */
export const freezerKiller: CgroupKiller = {
  mechanism: "freezer",
  // `tasks` moves the writing thread alone, which for a shell is all of it, and takes fewer locks.
  joinFile: "tasks",
  kill(directory) {
    const frozen = writeControlFile(join(directory, "freezer.state"), "FROZEN");
    for (const pid of pidsOf(directory)) signalProcess(pid, "SIGKILL");
    if (!frozen) return;
    for (const below of subgroupsOf(directory))
      writeControlFile(join(below, "freezer.state"), "THAWED");
    writeControlFile(join(directory, "freezer.state"), "THAWED");
  },
  isEmpty: (directory) => pidsOf(directory).length === 0,
};
