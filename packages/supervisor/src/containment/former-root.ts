import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Runtime } from "@aloha/runtime";
import { removeCgroup, subgroupsOf } from "./cgroup-directory.ts";
import { freezerKiller, unifiedKiller } from "./cgroup-killer.ts";
import type { TreeContainment } from "./containment.ts";

/** A supervisor is not held up for ever by a process in uninterruptible I/O; it is logged instead. */
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 20;
const FILE_NAME = "supervisor.containment";

/**
 * Where the last supervisor of this directory held its trees is written down, since the next one may
 * run in another cgroup (another session, another service): what is left there is killed before
 * anything is said to be gone. Notes where this one holds them.
 */
export async function endFormerRoot(
  directory: string,
  containment: TreeContainment,
  runtime: Runtime,
): Promise<void> {
  const path = join(directory, FILE_NAME);
  const former = readFormerRoot(directory);
  if (former !== null && former.root !== containment.root)
    await endRoot(former.mechanism, former.root, runtime);
  await writeFile(path, `${containment.mechanism} ${containment.root ?? "-"}\n`, { mode: 0o600 });
}

async function endRoot(
  mechanism: "cgroup2" | "freezer",
  root: string,
  runtime: Runtime,
): Promise<void> {
  const killer = mechanism === "cgroup2" ? unifiedKiller : freezerKiller;
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_EVERY_MS) {
    const busy = subgroupsOf(root).filter((directory) => !killer.isEmpty(directory));
    if (busy.length === 0) {
      removeCgroup(root);
      return;
    }
    for (const directory of busy) killer.kill(directory);
    await new Promise<void>((resolve) => {
      runtime.timers.after(LOOK_EVERY_MS, resolve);
    });
  }
  runtime.logger.error("Processes of an earlier supervisor survive SIGKILL", { root });
}

/** Where the last supervisor of this directory held its trees; null if no cgroup did, or there was none. */
export function readFormerRoot(
  directory: string,
): { readonly mechanism: "cgroup2" | "freezer"; readonly root: string } | null {
  try {
    const text = readFileSync(join(directory, FILE_NAME), "utf8");
    const [name, root = "-"] = text.trim().split(" ");
    const mechanism = name === "cgroup2" ? name : "freezer";
    return root === "-" ? null : { mechanism, root };
  } catch {
    // The first supervisor of this directory.
    return null;
  }
}
