import type { ApplicationEnd, KillRequest } from "../application/record.ts";
import { stoppedEnd } from "../application/stopped-end.ts";
import type { StoppedWhen } from "../application/stopped-end.ts";
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
  const { immediately, reason } = input;
  const earlier = application.record.killRequest;
  if (earlier === null) requestStop(step, application, { cause: "request", immediately, reason });
  else if (immediately && !earlier.immediately)
    requestStop(step, application, { ...earlier, immediately });
  step.answer(input.token, { kind: "kill-accepted", appId: input.appId });
}

/** Makes it durable that a live application is to end, and does what that takes. */
export function requestStop(
  step: StepContext,
  application: LiveApplication,
  request: Omit<KillRequest, "atMs">,
): void {
  const { record, description } = application;
  const killRequest: KillRequest = { ...request, atMs: step.now.wallMs };
  const end = (when: StoppedWhen): ApplicationEnd =>
    stoppedEnd(killRequest, description, when, step.now.wallMs);
  const attempt = liveAttempt(record);
  if (attempt === undefined) {
    dequeue(step, record.id);
    const ended = end(record.attemptsTotal === 0 ? "before-start" : "between-attempts");
    step.changeApplication(application, { state: ended.state, killRequest, end: ended }, ended);
    return;
  }
  const worker = step.state.workers.get(attempt.workerId);
  invariant(worker !== undefined, `${record.id} runs on ${attempt.workerId}, which is not known`);
  const key = keyOf(step.state, record, attempt);
  if (!application.launchSent) {
    const outcome = { kind: "never-started", endedAtMs: step.now.wallMs } as const;
    step.changeApplication(application, { killRequest });
    finishAttempt(
      step,
      worker,
      key,
      application,
      { phase: "ENDED", outcome, endedAtMs: step.now.wallMs },
      { kind: "end", end: end(record.attemptsTotal === 1 ? "before-start" : "between-attempts") },
    );
    return;
  }
  const { cause, immediately, reason } = request;
  step.changeApplication(
    application,
    { state: "KILLING", killRequest },
    { reason: cause === "request" ? "kill-requested" : cause, message: reason },
  );
  worker.toLaunch.delete(key);
  worker.toKill.set(key, { immediately });
  step.stir(worker);
}
