import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where this process may make cgroups: one directory a hierarchy, below its own cgroup. */
export interface CgroupLayout {
  /** The unified hierarchy, if its kernel has `cgroup.kill` (5.14). */
  readonly unified: string | null;
  readonly freezer: string | null;
  readonly memory: string | null;
}

interface Mount {
  readonly point: string;
  readonly root: string;
  readonly controllers: ReadonlySet<string> | "unified";
}

/** Reads the layout of this host: v2, v1 or hybrid (cgroups(7), proc_pid_cgroup(5)). */
export function readCgroupLayout(
  mountInfo: string = readText("/proc/self/mountinfo"),
  ownCgroups: string = readText("/proc/self/cgroup"),
): CgroupLayout {
  const mounts = mountInfo.split("\n").flatMap(parseMount);
  const find = (controller: string): string | null => {
    const mount = mounts.find(
      (candidate) => candidate.controllers !== "unified" && candidate.controllers.has(controller),
    );
    return mount === undefined ? null : ownDirectory(mount, ownPath(ownCgroups, controller));
  };
  const unified = mounts.find((candidate) => candidate.controllers === "unified");
  return {
    unified: unified === undefined ? null : ownDirectory(unified, ownPath(ownCgroups, "unified")),
    freezer: find("freezer"),
    memory: find("memory"),
  };
}

/** proc_pid_mountinfo(5): `36 35 98:0 /root /point options - type source superoptions`. */
function parseMount(line: string): readonly Mount[] {
  const [before, after] = line.split(" - ");
  const [type, , options = ""] = after?.split(" ") ?? [];
  const [, , , root, point] = before?.split(" ") ?? [];
  if (root === undefined || point === undefined) return [];
  if (type === "cgroup2") return [{ point, root, controllers: "unified" }];
  if (type === "cgroup") return [{ point, root, controllers: new Set(options.split(",")) }];
  return [];
}

/** The path in a line `hierarchy:controllers:path`; hierarchy 0 without controllers is the unified one. */
function ownPath(ownCgroups: string, controller: string): string {
  for (const line of ownCgroups.split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (
      controller === "unified"
        ? line.startsWith("0::")
        : controllers.split(",").includes(controller)
    )
      return path;
  }
  return "/";
}

/** In a container the mount may show a part of the hierarchy only, of which paths outside are not visible. */
function ownDirectory(mount: Mount, path: string): string {
  const inside =
    mount.root !== "/" && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
  const directory = join(mount.point, inside);
  return existsSync(directory) ? directory : mount.point;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // No /proc: no cgroups either, and the caller falls back to process groups.
    return "";
  }
}
