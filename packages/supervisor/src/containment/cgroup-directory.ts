import { readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "@aloha/runtime/node";

/** The pids in a cgroup and all below it; none if it is gone. */
export function pidsOf(directory: string): readonly number[] {
  const own = readControlFile(join(directory, "cgroup.procs")) ?? "";
  const pids = own
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
  return [...pids, ...subgroupsOf(directory).flatMap(pidsOf)];
}

/** The cgroups directly below `directory`. */
export function subgroupsOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Removes a cgroup and all below it. False if something is still in use. */
export function removeCgroup(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return true;
    if (code !== "EBUSY" && code !== "ENOTEMPTY") throw error;
  }
  const below = subgroupsOf(directory);
  if (below.length === 0 || !below.every((subgroup) => removeCgroup(subgroup))) return false;
  try {
    rmdirSync(directory);
    return true;
  } catch {
    // Just emptied; the caller tries again later.
    return false;
  }
}

/** The text of a control file, or null if the cgroup is gone. */
export function readControlFile(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENODEV") return null;
    throw error;
  }
}

/** Writes a control file. False if the kernel refused, or the file or cgroup is not there. */
export function writeControlFile(path: string, value: string): boolean {
  try {
    writeFileSync(path, value, { flag: "r+" });
    return true;
  } catch {
    // Control files answer with many codes (EBUSY, EINVAL, ENODEV, EACCES ...) that all mean: not here, not now.
    return false;
  }
}
