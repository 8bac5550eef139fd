import { basename, dirname, join } from "node:path";
import type { TreeContainment } from "../../containment/containment.ts";
import type { CgroupPlan, Limits } from "../../containment/resource-limits.ts";

/** Cgroups that are kept for attempts to come. */
const IDLE_MAX = 64;

/** A cgroup, or one in each hierarchy, that one attempt after the other may use. */
export interface CgroupSlot {
  readonly name: string;
  readonly limitsKey: string;
  /** The cgroup that holds the tree. */
  readonly directory: string;
  readonly plan: CgroupPlan;
  isMade: boolean;
  /** Kills for want of memory before the present attempt. */
  oomKills: number;
}

/**
 * Making and removing a cgroup costs several times what a start does, above all where memory is
 * limited, so those that are found empty are used again by attempts with the same limits.
 */
export class CgroupSlots {
  readonly #containment: TreeContainment;
  readonly #prefix: string;
  readonly #remove: (directory: string) => void;
  /** Oldest first. */
  readonly #idle: CgroupSlot[] = [];
  #made = 0;

  /** `prefix` has to differ from that of every earlier supervisor whose attempts may still be there. */
  constructor(containment: TreeContainment, prefix: string, remove: (directory: string) => void) {
    this.#containment = containment;
    this.#prefix = prefix;
    this.#remove = remove;
  }

  /** Null where no cgroup holds trees. */
  take(limits: Limits): CgroupSlot | null {
    const limitsKey = `${limits.memoryMiB}/${limits.milliCores}`;
    const at = this.#idle.findLastIndex((slot) => slot.limitsKey === limitsKey);
    if (at >= 0) return this.#idle.splice(at, 1)[0] ?? null;
    return this.#slot(`${this.#prefix}${++this.#made}`, limits, limitsKey);
  }

  /** The slot of an attempt that is held, of which only the directory is known; it is not used again. */
  adopt(directory: string, limits: Limits, oomKills: number): CgroupSlot | null {
    const root = this.#containment.root;
    if (directory === "" || dirname(directory) !== root) return null;
    const slot = this.#slot(basename(directory), limits, "");
    return slot === null ? null : { ...slot, oomKills };
  }

  /** Keeps a slot that is as new; false if its cgroups have to be removed by the caller. */
  giveBack(slot: CgroupSlot, isAsNew: boolean): boolean {
    if (!isAsNew || slot.limitsKey === "") return false;
    slot.isMade = true;
    this.#idle.push(slot);
    if (this.#idle.length > IDLE_MAX) {
      for (const directory of this.#idle.shift()?.plan.directories ?? []) this.#remove(directory);
    }
    return true;
  }

  #slot(name: string, limits: Limits, limitsKey: string): CgroupSlot | null {
    const { root } = this.#containment;
    const plan = this.#containment.plan(name, limits);
    if (plan === null || root === null) return null;
    return { name, limitsKey, directory: join(root, name), plan, isMade: false, oomKills: 0 };
  }
}
