import type { JournalEntry } from "./journal-entry.ts";
import type { Attempt, SupervisorState } from "./state.ts";

/** The shortest journal that says what all entries appended so far say: for rewriting it. */
export function snapshotEntries(state: SupervisorState): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  if (state.worker !== null) entries.push({ kind: "worker", ...state.worker });
  for (const [clusterId, { seen }] of state.epochs)
    entries.push({ kind: "epoch", clusterId, epoch: seen });
  for (const attempt of state.attempts.values()) entries.push(...entriesOf(state, attempt));
  return entries;
}

function entriesOf(
  state: SupervisorState,
  { key, phase, stop, spec }: Attempt,
): readonly JournalEntry[] {
  if (phase.kind === "ended" || phase.kind === "recording") {
    return [{ kind: "ended", attempt: key, outcome: phase.outcome }];
  }
  const isHosted =
    (spec !== null && spec.hosted !== null) || (phase.kind === "orphaned" && phase.hosted);
  const accepted = { kind: "accepted", attempt: key, bootId: state.bootId } as const;
  const entries: JournalEntry[] = [isHosted ? { ...accepted, hosted: true } : accepted];
  if ("main" in phase && phase.main !== null) {
    const startedAtMs = "startedAtMs" in phase ? phase.startedAtMs : phase.exit.startedAtMs;
    const { pid, startTicks } = phase.main;
    entries.push({ kind: "started", attempt: key, pid, startTicks, startedAtMs });
  }
  if (stop !== null) entries.push({ kind: "stop", attempt: key, cause: stop.cause });
  if ("exit" in phase && phase.exit !== null)
    entries.push({ kind: "exited", attempt: key, exit: phase.exit });
  return entries;
}
