import type { AttemptReport } from "../protocol/worker.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import type { ReportState, WorkerState } from "./worker-state.ts";

/** Adds a report, to be repeated until it is acknowledged. */
export function addReport(
  state: WorkerState,
  held: HeldAttempt,
  event: AttemptReport["event"],
): void {
  const { reports } = state;
  const id = ++reports.lastId;
  reports.pending.set(id, { id, attempt: held.attempt, event });
  held.reportIds = [...held.reportIds.filter((earlier) => reports.pending.has(earlier)), id];
}

/** Says again how an attempt is, unless that is being said already. */
export function restateAttempt(state: WorkerState, held: HeldAttempt): void {
  const latest = held.reportIds.at(-1);
  if (latest !== undefined && state.reports.pending.has(latest)) return;
  const { phase } = held;
  switch (phase.kind) {
    case "preparing":
    case "starting":
      addReport(state, held, { kind: "accepted" });
      break;
    case "started":
      addReport(state, held, {
        kind: "started",
        pid: phase.pid,
        startedAtMs: phase.startedAtMs,
      });
      break;
    case "ended":
      addReport(state, held, { kind: "ended", outcome: phase.outcome });
      break;
    // Not settled yet: the report follows by itself.
    case "recovered":
    case "accepting":
    case "settling":
      break;
  }
}

/** The master has these for good. */
export function acknowledgeReports(reports: ReportState, ids: readonly number[]): void {
  for (const id of ids) reports.pending.delete(id);
}

/** What the next Sync reports: everything unacknowledged, oldest first, up to `max`. */
export function takeReports(reports: ReportState, max: number): readonly AttemptReport[] {
  const taken: AttemptReport[] = [];
  for (const report of reports.pending.values()) {
    if (taken.length >= max) break;
    taken.push(report);
  }
  reports.lastSentId = Math.max(reports.lastSentId, taken.at(-1)?.id ?? 0);
  return taken;
}

/** Whether the next Sync would report something that none before it did. */
export function hasUnsentReports(reports: ReportState, max: number): boolean {
  if (reports.lastSentId >= reports.lastId) return false;
  let position = 0;
  for (const id of reports.pending.keys()) {
    if (position++ >= max) return false;
    if (id > reports.lastSentId) return true;
  }
  return false;
}
