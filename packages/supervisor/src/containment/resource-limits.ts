import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StartSpec } from "@aloha/core";
import { readControlFile, removeCgroup, writeControlFile } from "./cgroup-directory.ts";
import type { CgroupLayout } from "./cgroup-layout.ts";

/** Applies memory limits and CPU shares to attempts, as far as this host lets us. */
export interface ResourceLimits {
  readonly description: string;
  /** What limits need besides the cgroup `name` that holds the tree, or of it. */
  plan(name: string, limits: Limits): CgroupPlan;
  close(): void;
}

/** What of a start is limited. */
export type Limits = Pick<StartSpec, "memoryMiB" | "milliCores">;

/** What is to be made before a process starts in it. */
export interface CgroupPlan {
  /** Cgroups to make; removed when the attempt is over. */
  readonly directories: readonly string[];
  /** Control files and what is to be written to them; a file that is missing is no failure. */
  readonly settings: readonly (readonly [path: string, value: string])[];
  /** Control files to which the process writes 0 before it runs anything. */
  readonly joinFiles: readonly string[];
  /** Whose `oom_kill` line counts the kills for want of memory; null: nothing counts them. */
  readonly oomFile: string | null;
}

const BYTES_PER_MIB = 1024 * 1024;

export const noResourceLimits: ResourceLimits = {
  description: "no limits",
  plan: () => ({ directories: [], settings: [], joinFiles: [], oomFile: null }),
  close() {},
};

/** v2: the controllers of the very cgroup that holds the tree. */
export function unifiedResourceLimits(parent: string): ResourceLimits {
  const available = (readControlFile(join(parent, "cgroup.controllers")) ?? "").trim().split(" ");
  const enabled = ["memory", "cpu"].filter(
    (controller) =>
      available.includes(controller) &&
      writeControlFile(join(parent, "cgroup.subtree_control"), `+${controller}`),
  );
  if (enabled.length === 0) return noResourceLimits;
  return {
    description: `limits by ${enabled.join(" and ")}`,
    plan(name, { memoryMiB, milliCores }) {
      const file = (control: string): string => join(parent, name, control);
      const settings: [string, string][] = [];
      if (enabled.includes("memory") && memoryMiB > 0) {
        settings.push([file("memory.max"), String(memoryMiB * BYTES_PER_MIB)]);
        settings.push([file("memory.swap.max"), "0"]);
      }
      // The default weight is 100, which is what one core gets.
      const weight = Math.min(10_000, Math.max(1, Math.round(milliCores / 10)));
      if (enabled.includes("cpu")) settings.push([file("cpu.weight"), String(weight)]);
      const oomFile = enabled.includes("memory") ? file("memory.events") : null;
      return { directories: [], settings, joinFiles: [], oomFile };
    },
    close() {},
  };
}

/**
 * v1: a cgroup of the memory controller beside the one that holds the tree. CPU shares would take
 * a third one, for every start and every end: where cores are to be weighed, hosts have v2.
 */
export function legacyResourceLimits(layout: CgroupLayout, parentName: string): ResourceLimits {
  const memory = ownParent(layout.memory, parentName);
  if (memory === null) return noResourceLimits;
  return {
    description: "limits by memory (v1)",
    plan(name, { memoryMiB }) {
      const directory = join(memory, name);
      const limitBytes = String(memoryMiB * BYTES_PER_MIB);
      const limited = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"];
      return {
        directories: [directory],
        settings: memoryMiB > 0 ? limited.map((file) => [join(directory, file), limitBytes]) : [],
        joinFiles: [join(directory, "tasks")],
        oomFile: join(directory, "memory.oom_control"),
      };
    },
    close: () => void removeCgroup(memory),
  };
}

function ownParent(base: string | null, parentName: string): string | null {
  if (base === null) return null;
  try {
    return makeCgroup(base, parentName);
  } catch {
    // Read-only or not ours: this host offers no such limit.
    return null;
  }
}

function makeCgroup(parent: string, name: string): string {
  const directory = join(parent, name);
  mkdirSync(directory, { recursive: true });
  return directory;
}
