import { readFileSync, readdirSync, rmdirSync } from "node:fs";
import { basename, join } from "node:path";
import { eventually } from "./eventually.ts";

/** A supervisor that was killed leaves its empty control group behind. */
export async function removeControlGroup(workDirectory: string): Promise<void> {
  let root: string | undefined;
  try {
    [, root] = readFileSync(join(workDirectory, ".aloha/supervisor/supervisor.containment"), "utf8")
      .trim()
      .split(" ");
  } catch {
    // No control group was made.
  }
  if (root === undefined || !root.includes("aloha-")) return;
  for (const path of [root, ...memoryGroups(basename(root))]) {
    await eventually(() => removeTree(path), 5000, `the control group ${path} to be empty`).catch(
      () => undefined,
    );
  }
}

/** On v1 hosts memory has a hierarchy of its own, where the supervisor is in the same group as this process. */
function memoryGroups(name: string): readonly string[] {
  return readFileSync("/proc/self/cgroup", "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, controllers = "", own = ""] = line.split(":");
      return controllers.split(",").includes("memory")
        ? [join("/sys/fs/cgroup/memory", own, name)]
        : [];
    });
}

function removeTree(path: string): true {
  let names: readonly string[];
  try {
    names = readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return true;
  }
  for (const name of names) removeTree(join(path, name));
  rmdirSync(path);
  return true;
}
