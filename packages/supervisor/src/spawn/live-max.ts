import { readFileSync } from "node:fs";
import type { SpawnerKind } from "./spawner.ts";

/** Some open files are needed for everything else. */
const OTHER_FILES = 200;
/** Two pipes and two files each; for a moment Node has more. */
const FILES_EACH: Readonly<Record<SpawnerKind, number>> = { agent: 4, node: 6 };

/** How many attempts this system's limit of open files allows at a time. */
export function liveMaxOfSystem(kind: SpawnerKind): number {
  try {
    const [, soft, hard] =
      /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    // The agent raises its own limit as far as it may.
    const files = kind === "agent" ? hard : soft;
    if (files === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.floor((Number(files) - OTHER_FILES) / FILES_EACH[kind]));
  } catch {
    // No /proc: starts beyond the limit are then rejected one by one.
    return Number.POSITIVE_INFINITY;
  }
}
