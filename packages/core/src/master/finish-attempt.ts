import type { AttemptOutcome } from "../application/outcome.ts";
import type { AttemptPhase, AttemptRecord } from "../application/record.ts";
import { recentRestarts } from "../application/transition.ts";
import type { AfterAttempt } from "../application/transition.ts";
import type { AttemptKey } from "../attempt-key.ts";
import { invariant } from "../error.ts";
import { releaseLive } from "./allocation.ts";
import { liveAttempt, withChangedAttempt } from "./attempts.ts";
import type { LiveApplication, WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";
import { enqueue } from "./waiting.ts";

/** How an attempt is over: reported with its outcome, fenced unheard, or absent from its worker for good. */
export interface AttemptOver {
  readonly phase: Extract<AttemptPhase, "ENDED" | "FENCED" | "LOST">;
  readonly outcome: AttemptOutcome | null;
  readonly endedAtMs: number;
}

/**
 * The newest attempt of `application` is over, and `after` follows: the application's end, another
 * attempt, or its place in line. One write.
 */
export function finishAttempt(
  step: StepContext,
  worker: WorkerEntry,
  key: AttemptKey,
  application: LiveApplication,
  over: AttemptOver,
  after: AfterAttempt,
): void {
  const { record, description } = application;
  const attempt = liveAttempt(record);
  invariant(attempt !== undefined, `${key} ended, but is not live`);
  releaseLive(step, worker, key);
  worker.toLaunch.delete(key);
  worker.toKill.delete(key);
  worker.killing.delete(key);
  const attempts = withChangedAttempt(record.attempts, attempt.number, over);
  switch (after.kind) {
    case "end":
      step.changeApplication(
        application,
        { state: after.end.state, attempts, end: after.end },
        after.end,
      );
      return;
    case "relaunch": {
      const restartedAtMs = after.restart
        ? [...recentRestarts(record, description, step.now.wallMs), step.now.wallMs]
        : record.restartedAtMs;
      const notBeforeMs = after.delayMs > 0 ? step.now.wallMs + after.delayMs : null;
      step.changeApplication(
        application,
        { state: "RELAUNCHING", attempts, restartedAtMs, notBeforeMs },
        after,
      );
      step.emit({
        kind: "application-relaunched",
        appId: record.id,
        name: description.name,
        attempt: attempt.number,
        reason: after.reason,
        message: after.message,
      });
      enqueue(step, application);
      return;
    }
    case "requeue": {
      const state = hasRun(attempts) ? "RELAUNCHING" : "SUBMITTED";
      const notBeforeMs = after.delayMs > 0 ? step.now.wallMs + after.delayMs : null;
      step.changeApplication(
        application,
        { state, attempts, notBeforeMs },
        { reason: "rejected", message: after.message },
      );
      enqueue(step, application);
    }
  }
}

function hasRun(attempts: readonly AttemptRecord[]): boolean {
  return attempts.some((attempt) => attempt.startedAtMs !== null);
}
