import { attemptHistoryMax } from "../application/record.ts";
import type { ApplicationRecord, AttemptRecord } from "../application/record.ts";
import { formatAttemptKey } from "../attempt-key.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { MasterState } from "./state.ts";

/** The newest attempt, if it may have a live process. */
export function liveAttempt(application: ApplicationRecord): AttemptRecord | undefined {
  const newest = application.attempts.at(-1);
  return newest !== undefined && (newest.phase === "PLACED" || newest.phase === "STARTED")
    ? newest
    : undefined;
}

export function keyOf(
  state: MasterState,
  application: ApplicationRecord,
  attempt: AttemptRecord,
): AttemptKey {
  return formatAttemptKey({
    clusterId: state.cluster.clusterId,
    appId: application.id,
    number: attempt.number,
  });
}

/** The attempts with `attempt` added; the oldest leave beyond the limit. */
export function withAttempt(
  attempts: readonly AttemptRecord[],
  attempt: AttemptRecord,
): readonly AttemptRecord[] {
  return [...attempts.slice(-(attemptHistoryMax - 1)), attempt];
}

/** The attempts with a change to the one of this number, if it is still in the history. */
export function withChangedAttempt(
  attempts: readonly AttemptRecord[],
  number: number,
  change: Partial<AttemptRecord>,
): readonly AttemptRecord[] {
  return attempts.map((attempt) =>
    attempt.number === number ? { ...attempt, ...change } : attempt,
  );
}
