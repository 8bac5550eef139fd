import type { AttemptKey } from "@aloha/core";
import type { ProcessIdentity } from "@aloha/runtime";
import type { SupervisorState } from "./state.ts";
import { fenceOf } from "./turn.ts";

/** One tree that the guardian must know. */
export interface GuardEntry {
  readonly attempt: AttemptKey;
  readonly main: ProcessIdentity | null;
  /** Null: killed only if the supervisor vanishes. */
  readonly fenceBootMs: number | null;
}

/**
 * What the guardian must know: the fences. Where processes are held by no cgroup it must know
 * every tree, since there is no common parent to kill.
 */
export function guardTable(state: SupervisorState): readonly GuardEntry[] {
  const entries: GuardEntry[] = [];
  for (const attempt of state.attempts.values()) {
    const { phase } = attempt;
    if (phase.kind !== "spawning" && phase.kind !== "running" && phase.kind !== "emptying")
      continue;
    const fenceBootMs = fenceOf(state, attempt);
    if (fenceBootMs === null && state.containment === "cgroup") continue;
    entries.push({
      attempt: attempt.key,
      main: phase.kind === "spawning" ? null : phase.main,
      fenceBootMs,
    });
  }
  return entries;
}
