import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readCgroupLayout } from "@aloha/supervisor/daemon";

/** `DelegateSubgroup=` of the supervisor's unit. */
const subgroup = "supervisor";

/**
 * The cgroup of the unit that this process runs in a subgroup of, with the controllers that limit applications handed on to
 * those below it; null where there is no such unit. A cgroup that holds processes hands none on (cgroups(7), "no internal
 * processes"), so that applications can be limited only beside the supervisor, not below it.
 */
export function delegatedCgroup(
  own: string | null = readCgroupLayout().unified,
  enable: (file: string, controller: string) => void = enableController,
): string | null {
  if (own === null || basename(own) !== subgroup) return null;
  const unit = dirname(own);
  if (!unit.endsWith(".service")) return null;
  for (const controller of ["+memory", "+cpu"])
    enable(join(unit, "cgroup.subtree_control"), controller);
  return unit;
}

function enableController(file: string, controller: string): void {
  try {
    writeFileSync(file, controller, { flag: "r+" });
  } catch {
    // Not delegated, or not of this hierarchy: what is limited is said when the supervisor starts, and by doctor.
  }
}
