import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Timers } from "@aloha/runtime";
import { cgroupContainment } from "./cgroup-containment.ts";
import { freezerKiller, unifiedKiller, type CgroupKiller } from "./cgroup-killer.ts";
import { readCgroupLayout, type CgroupLayout } from "./cgroup-layout.ts";
import type { TreeContainment } from "./containment.ts";
import { groupContainment } from "./group-containment.ts";
import {
  legacyResourceLimits,
  unifiedResourceLimits,
  noResourceLimits,
} from "./resource-limits.ts";

/** `auto` takes the best that this host offers; the others are for tests and for operators who know better. */
export const containmentModes = ["auto", "cgroup2", "freezer", "group"] as const;
export type ContainmentMode = (typeof containmentModes)[number];

export interface ContainmentOptions {
  /** The supervisor's state directory: each has a parent cgroup of its own. */
  readonly directory: string;
  readonly mode: ContainmentMode;
  /** Where to make the parent cgroup instead of below the supervisor's own cgroup. */
  readonly cgroupRoot: string | null;
  /** Whether memory and CPU are limited where the host allows it. */
  readonly limits: boolean;
  readonly timers: Timers;
}

/** What holds process trees on this host: v2 or hybrid, v1, else process groups. */
export function detectContainment(options: ContainmentOptions): TreeContainment {
  const { mode, timers } = options;
  const layout = readCgroupLayout();
  const name = `aloha-${createHash("sha256").update(options.directory).digest("hex").slice(0, 12)}`;
  const limitsBesides = options.limits ? legacyResourceLimits(layout, name) : noResourceLimits;
  if (mode === "auto" || mode === "cgroup2") {
    const root = usableParent(options.cgroupRoot ?? layout.unified, name, unifiedKiller);
    if (root !== null) {
      const own = options.limits ? unifiedResourceLimits(root) : noResourceLimits;
      return cgroupContainment(root, unifiedKiller, own === noResourceLimits ? limitsBesides : own);
    }
  }
  if (mode === "auto" || mode === "freezer") {
    const root = usableParent(freezerBase(options, layout), name, freezerKiller);
    if (root !== null) return cgroupContainment(root, freezerKiller, limitsBesides);
  }
  return groupContainment(timers);
}

function freezerBase(options: ContainmentOptions, layout: CgroupLayout): string | null {
  return options.mode === "freezer" ? (options.cgroupRoot ?? layout.freezer) : layout.freezer;
}

/** The parent of all attempts' cgroups, if one can be made there and has what is needed to kill. */
function usableParent(base: string | null, name: string, killer: CgroupKiller): string | null {
  if (base === null) return null;
  const parent = join(base, name);
  const probe = join(parent, "probe");
  try {
    mkdirSync(probe, { recursive: true });
    const control = killer.mechanism === "cgroup2" ? "cgroup.kill" : "freezer.state";
    const usable = existsSync(join(probe, control));
    rmdirSync(probe);
    return usable ? parent : null;
  } catch {
    // Read-only or not ours: the next kind of containment is tried, and the description says which one was found.
    return null;
  }
}
