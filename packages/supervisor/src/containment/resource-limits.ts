import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StartSpec } from "@aloha/core";
import { readControlFile, removeCgroup, writeControlFile } from "./cgroup-directory.ts";
import type { CgroupLayout } from "./cgroup-layout.ts";

/** Applies memory limits and CPU shares to attempts, as far as this host lets us. */
export interface ResourceLimits {
  readonly description: string;
  /** Files that the process must join besides the one that holds its tree. */
  prepare(name: string, spec: StartSpec): readonly string[];
  ranOutOfMemory(name: string): boolean;
  release(name: string): void;
  close(): void;
}

const BYTES_PER_MIB = 1024 * 1024;

export const noResourceLimits: ResourceLimits = {
  description: "no limits",
  prepare: () => [],
  ranOutOfMemory: () => false,
  release() {},
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
    prepare(name, spec) {
      const directory = join(parent, name);
      if (enabled.includes("memory") && spec.memoryMiB > 0) {
        writeControlFile(join(directory, "memory.max"), String(spec.memoryMiB * BYTES_PER_MIB));
        writeControlFile(join(directory, "memory.swap.max"), "0");
      }
      // The default weight is 100, which is what one core gets.
      const weight = Math.min(10_000, Math.max(1, Math.round(spec.milliCores / 10)));
      if (enabled.includes("cpu")) writeControlFile(join(directory, "cpu.weight"), String(weight));
      return [];
    },
    ranOutOfMemory: (name) =>
      enabled.includes("memory") && countOomKills(join(parent, name, "memory.events")) > 0,
    release() {},
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
    prepare(name, spec) {
      const directory = makeCgroup(memory, name);
      if (spec.memoryMiB > 0) {
        const limitBytes = String(spec.memoryMiB * BYTES_PER_MIB);
        writeControlFile(join(directory, "memory.limit_in_bytes"), limitBytes);
        writeControlFile(join(directory, "memory.memsw.limit_in_bytes"), limitBytes);
      }
      return [join(directory, "tasks")];
    },
    ranOutOfMemory: (name) => countOomKills(join(memory, name, "memory.oom_control")) > 0,
    release: (name) => void removeCgroup(join(memory, name)),
    close: () => void removeCgroup(memory),
  };
}

/** The `oom_kill` line of memory.events (v2) and memory.oom_control (v1, kernel 4.13). */
function countOomKills(path: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(readControlFile(path) ?? "")?.[1] ?? 0);
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
