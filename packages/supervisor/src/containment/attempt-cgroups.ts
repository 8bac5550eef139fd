import { mkdirSync } from "node:fs";
import type { AttemptKey, StartSpec } from "@aloha/core";
import { readControlFile, removeCgroup, writeControlFile } from "./cgroup-directory.ts";
import { fileNameOf, type TreeContainment } from "./containment.ts";
import type { CgroupPlan } from "./resource-limits.ts";

/** Cgroups that were still in use when released, tried again with later ones. */
const UNREMOVED_MAX = 1_000;
const RETRIED_PER_RELEASE = 2;

/** Makes and removes the cgroups of attempts from this process, one set each, named after the attempt. */
export class AttemptCgroups {
  readonly #containment: TreeContainment;
  readonly #plans = new Map<AttemptKey, CgroupPlan>();
  readonly #unremoved = new Set<string>();

  constructor(containment: TreeContainment) {
    this.#containment = containment;
  }

  /** Makes room for an attempt before its fork, and says which files the process must join. Throws if that cannot be done. */
  prepare(attempt: AttemptKey, spec: StartSpec): readonly string[] {
    const name = fileNameOf(attempt);
    const plan = this.#containment.plan(name, spec);
    if (plan === null) return [];
    this.#containment.hold(attempt, name);
    this.#plans.set(attempt, plan);
    for (const directory of plan.directories) mkdirSync(directory, { recursive: true });
    for (const [path, value] of plan.settings) writeControlFile(path, value);
    return plan.joinFiles;
  }

  /** Whether the kernel killed a process of this tree because its memory limit was reached. */
  ranOutOfMemory(attempt: AttemptKey): boolean {
    const file = this.#plans.get(attempt)?.oomFile ?? null;
    return file !== null && countOomKills(file) > 0;
  }

  /** The tree is gone: gives back what `prepare` made. */
  release(attempt: AttemptKey): void {
    this.#containment.forget(attempt);
    for (const directory of this.#plans.get(attempt)?.directories ?? []) {
      if (!removeCgroup(directory) && this.#unremoved.size < UNREMOVED_MAX)
        this.#unremoved.add(directory);
    }
    this.#plans.delete(attempt);
    for (const directory of [...this.#unremoved].slice(0, RETRIED_PER_RELEASE)) {
      if (removeCgroup(directory)) this.#unremoved.delete(directory);
    }
  }
}

/** The `oom_kill` line of memory.events (v2) and memory.oom_control (v1, kernel 4.13). */
function countOomKills(path: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(readControlFile(path) ?? "")?.[1] ?? 0);
}
