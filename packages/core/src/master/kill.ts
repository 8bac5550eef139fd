import type { ApplicationEnd } from "../application/record.ts";
import { invariant } from "../error.ts";
import { keyOf, liveAttempt } from "./attempts.ts";
import { finishAttempt } from "./finish-attempt.ts";
import type { MasterInput } from "./input.ts";
import type { LiveApplication } from "./state.ts";
import type { StepContext } from "./step-context.ts";
import { dequeue } from "./waiting.ts";

type Kill = Extract<MasterInput, { readonly kind: "kill" }>;

/**
 * Makes the wish durable; the answer says no more than that. The application is KILLED only when
 * its tree is gone, which is at once where no attempt can have a process yet.
 */
export function kill(step: StepContext, input: Kill): void {
  const application = step.state.applications.get(input.appId);
  if (application === undefined) {
    step.answer(input.token, { kind: "not-live", appId: input.appId });
    return;
  }
  const earlier = application.record.killRequest;
  if (earlier === null || (input.immediately && !earlier.immediately))
    request(step, application, input);
  step.answer(input.token, { kind: "kill-accepted", appId: input.appId });
}

function request(step: StepContext, application: LiveApplication, input: Kill): void {
  const { record } = application;
  const { immediately, reason } = input;
  const killRequest = { atMs: step.now.wallMs, immediately, reason };
  const attempt = liveAttempt(record);
  if (attempt === undefined) {
    dequeue(step, record.id);
    const end = killedUnheld(reason, record.attemptsTotal === 0, step.now.wallMs);
    step.changeApplication(application, { state: "KILLED", killRequest, end }, end);
    return;
  }
  const worker = step.state.workers.get(attempt.workerId);
  invariant(worker !== undefined, `${record.id} runs on ${attempt.workerId}, which is not known`);
  const key = keyOf(step.state, record, attempt);
  if (!application.launchSent) {
    const outcome = { kind: "never-started", endedAtMs: step.now.wallMs } as const;
    const end = killedUnheld(reason, record.attemptsTotal === 1, step.now.wallMs);
    step.changeApplication(application, { killRequest });
    finishAttempt(
      step,
      worker,
      key,
      application,
      { phase: "ENDED", outcome, endedAtMs: step.now.wallMs },
      { kind: "end", end },
    );
    return;
  }
  step.changeApplication(
    application,
    { state: "KILLING", killRequest },
    { reason: "kill-requested", message: reason },
  );
  worker.toLaunch.delete(key);
  worker.toKill.set(key, { immediately });
  step.stir(worker);
}

/** The end of an application that is killed while no attempt of it can have a process. */
function killedUnheld(reason: string, beforeStart: boolean, endedAtMs: number): ApplicationEnd {
  const what = beforeStart
    ? "Killed before it was started"
    : "Killed while it waited to be relaunched";
  return {
    state: "KILLED",
    reason: beforeStart ? "killed-before-start" : "killed",
    message: reason === "" ? what : `${what}: ${reason}`,
    exitCode: null,
    signal: null,
    outOfMemory: false,
    tree: null,
    endedAtMs,
  };
}
