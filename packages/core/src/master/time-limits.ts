/**
 * The limits that count from submission: the wait until the first start, and the deadline of the
 * whole. They follow from what is durable, so that a relaunch or another leader changes nothing.
 */
import type { KillCause } from "../application/record.ts";
import { requestStop } from "./kill.ts";
import type { LiveApplication } from "./state.ts";
import type { StepContext } from "./step-context.ts";

/** One limit of one application. */
export interface TimeLimit {
  readonly appId: string;
  readonly cause: Extract<KillCause, "wait-timeout" | "deadline">;
}

const reasons: Readonly<Record<TimeLimit["cause"], string>> = {
  deadline: "its deadline has passed",
  "wait-timeout": "it was not started in time",
};

/** Limits of applications that have ended are dropped once they are so many, and more than half. */
const staleLimitsMax = 1_024;

/** Notes when the limits of an application fall due, as it is submitted or recovered. */
export function watchLimits(step: StepContext, application: LiveApplication): void {
  const { record, description } = application;
  const watchLimit = (cause: TimeLimit["cause"], limitMs: number | null): void => {
    if (limitMs === null) return;
    const leftMs = Math.max(0, record.submittedAtMs + limitMs - step.now.wallMs);
    step.state.timeLimits.add(step.now.bootMs + leftMs, { appId: record.id, cause });
  };
  watchLimit("deadline", description.deadlineMs);
  if (record.firstStartedAtMs === null) watchLimit("wait-timeout", description.waitTimeoutMs);
}

/** Ends what has reached a limit, as a kill would: what already ends by itself is left to that. */
export function enforceLimits(step: StepContext): void {
  const { timeLimits, applications } = step.state;
  for (;;) {
    const due = timeLimits.takeDue(step.now.bootMs);
    if (due === undefined) break;
    const application = applications.get(due.appId);
    if (application === undefined || application.record.killRequest !== null) continue;
    const { cause } = due;
    if (cause === "wait-timeout" && application.record.firstStartedAtMs !== null) continue;
    requestStop(step, application, { cause, immediately: false, reason: reasons[cause] });
  }
}

/** Forgets the limits of what has ended, now and then, so that a far deadline of a short application costs nothing for long. */
export function dropStaleLimits(step: StepContext): void {
  const { timeLimits, applications } = step.state;
  if (timeLimits.size <= 2 * applications.size * limitsOfOne + staleLimitsMax) return;
  timeLimits.retain(({ appId }) => applications.has(appId));
}

/** An application has at most so many. */
const limitsOfOne = 2;
