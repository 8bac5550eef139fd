import type { AttemptRecord } from "../application/record.ts";
import { holdLive, publishCapacity } from "./allocation.ts";
import { keyOf, withAttempt } from "./attempts.ts";
import type { StepContext } from "./step-context.ts";
import { invariant } from "../error.ts";

/** Places whatever fits: each placement is durable before its launch leaves. */
export function placeWaiting(step: StepContext): void {
  const { state, now } = step;
  for (const worker of state.stirred) publishCapacity(step, worker);
  if (state.lowSpace) return;
  for (;;) {
    const placement = state.queue.next(now.bootMs);
    if (placement === undefined) return;
    place(step, placement.appId, placement.workerId);
  }
}

function place(step: StepContext, appId: string, workerId: string): void {
  const { state, now } = step;
  const application = state.applications.get(appId);
  const worker = state.workers.get(workerId);
  invariant(
    application !== undefined && worker !== undefined,
    `placed ${appId} on ${workerId}, one of which is gone`,
  );
  const { record } = application;
  const attempt: AttemptRecord = {
    number: record.attemptsTotal + 1,
    workerId,
    phase: "PLACED",
    placedAtMs: now.wallMs,
    startedAtMs: null,
    endedAtMs: null,
    pid: null,
    outcome: null,
  };
  application.launchSent = false;
  application.accepted = false;
  step.changeApplication(application, {
    state: "LAUNCHING",
    attempts: withAttempt(record.attempts, attempt),
    attemptsTotal: attempt.number,
    notBeforeMs: null,
  });
  const key = keyOf(state, record, attempt);
  holdLive(step, worker, key, application);
  worker.toLaunch.add(key);
}
