import { formatApplicationId } from "../application/application-id.ts";
import type { ApplicationDescription } from "../application/description.ts";
import type { ApplicationRecord } from "../application/record.ts";
import type { MasterInput } from "./input.ts";
import { resourceCombinationsMax } from "../placement/placement-queue.ts";
import { quote } from "../units/quote.ts";
import { keyLineLengthMax, lineOf } from "./key-line.ts";
import { requestStop } from "./kill.ts";
import { watchLimits } from "./time-limits.ts";
import { countWaiting, enqueue } from "./waiting.ts";
import type { LiveApplication } from "./state.ts";
import type { StepContext } from "./step-context.ts";

/** Application numbers set aside by one durable write. */
const numberBlock = 1000;
/** Expired requestIds dropped in one step. */
const requestsExpiredMax = 1000;

type Submit = Extract<MasterInput, { readonly kind: "submit" }>;

/** Accepts an application: it and its requestId become durable, then the answer leaves. */
export function submit(step: StepContext, input: Submit): void {
  const { state } = step;
  if (answeredFromRequest(step, input)) return;
  const refusal =
    refusalOfSubmit(step) ??
    refusalOfKey(step, input.description) ??
    refusalOfResources(step, input.description);
  if (refusal !== undefined) {
    step.answer(input.token, { kind: "refused", ...refusal });
    return;
  }
  const number = takeNumber(step);
  const id = formatApplicationId(input.prefix, step.now.wallMs, number);
  if (input.description.onConflict === "replace") replaceLine(step, input.description, id);
  const record: ApplicationRecord = {
    id,
    number,
    rerunOf: input.rerunOf ?? null,
    state: "SUBMITTED",
    submittedAtMs: step.now.wallMs,
    changedAtMs: step.now.wallMs,
    killRequest: null,
    firstStartedAtMs: null,
    attempts: [],
    attemptsTotal: 0,
    restartedAtMs: [],
    notBeforeMs: null,
    end: null,
  };
  const application: LiveApplication = {
    record,
    description: input.description,
    launchSent: false,
    accepted: false,
  };
  step.addApplication(application);
  if (input.request !== null) {
    const request = { ...input.request, appId: record.id, atMs: step.now.wallMs };
    if (state.requests.size === 0) scheduleExpiry(step);
    state.requests.set(request.requestId, request);
    step.persist({ kind: "request", request });
  }
  watchLimits(step, application);
  enqueue(step, application);
  step.answer(input.token, { kind: "submitted", appId: record.id, duplicate: false });
}

/** The same requestId within its retention gives the same application; with another body it is refused. */
function answeredFromRequest(step: StepContext, input: Submit): boolean {
  if (input.request === null) return false;
  const { requestId, bodyHash } = input.request;
  const known = step.state.requests.get(requestId);
  if (known === undefined) return false;
  if (known.bodyHash === bodyHash) {
    step.answer(input.token, { kind: "submitted", appId: known.appId, duplicate: true });
  } else {
    const message = `requestId ${JSON.stringify(requestId)} was used for another request (it made ${known.appId}). Use a new requestId, or send the same body`;
    step.answer(input.token, { kind: "refused", code: "conflict", message });
  }
  return true;
}

interface Refusal {
  readonly code: "read-only" | "limit-exceeded" | "conflict";
  readonly message: string;
}

function refusalOfSubmit(step: StepContext): Refusal | undefined {
  const { state } = step;
  if (state.lowSpace) {
    return {
      code: "read-only",
      message:
        "The master's disk is almost full, so it takes no new applications. Free space under its recovery directory",
    };
  }
  const limit = state.settings.waitingApplicationsMax;
  if (countWaiting(state) >= limit) {
    return {
      code: "limit-exceeded",
      message: `${limit} applications wait already, which is the limit. Try again when some have started`,
    };
  }
  return undefined;
}

function refusalOfResources(
  { state }: StepContext,
  { resources }: ApplicationDescription,
): Refusal | undefined {
  if (state.queue.admits(resources)) return undefined;
  const message = `Applications with ${resourceCombinationsMax} different combinations of resources wait already, which is the limit. Ask for the same amounts as others do, or try again later`;
  return { code: "limit-exceeded", message };
}

/** A key that is taken refuses, where that was asked for, or where too many wait for it. */
function refusalOfKey(step: StepContext, description: ApplicationDescription): Refusal | undefined {
  const line = lineOf(step.state, description);
  if (line === undefined) return undefined;
  const { namespace, key, onConflict } = description;
  const [holder] = line;
  const what = `The key ${quote(key)} of namespace ${namespace}`;
  if (onConflict === "reject") {
    const message = `${what} is held by ${holder}, which is live. Wait until it has ended, stop it, or submit with onConflict queue or replace`;
    return { code: "conflict", message };
  }
  if (line.size < keyLineLengthMax) return undefined;
  const message = `${line.size} applications with the key ${quote(key)} of namespace ${namespace} are live already, which is the limit. Try again when some have ended`;
  return { code: "limit-exceeded", message };
}

/** The wish to end those that have the key is durable with the submission; the new one is placed once they have. */
function replaceLine(step: StepContext, description: ApplicationDescription, id: string): void {
  for (const appId of [...(lineOf(step.state, description) ?? [])].reverse()) {
    const application = step.state.applications.get(appId);
    if (application === undefined || application.record.killRequest !== null) continue;
    requestStop(step, application, {
      cause: "replaced",
      immediately: false,
      reason: `replaced by ${id}`,
    });
  }
}

function takeNumber(step: StepContext): number {
  const { state } = step;
  if (state.nextNumber >= state.cluster.nextNumber) {
    state.cluster = { ...state.cluster, nextNumber: state.nextNumber + numberBlock };
    step.persist({ kind: "cluster", cluster: state.cluster });
  }
  return state.nextNumber++;
}

/** Drops requestIds past their retention, a bounded number at a time, and comes back for the next. */
export function expireRequests(step: StepContext): void {
  const { requests, settings } = step.state;
  let dropped = 0;
  for (const request of requests.values()) {
    if (request.atMs > step.now.wallMs - settings.requestIdRetentionMs) break;
    if (dropped++ >= requestsExpiredMax) break;
    requests.delete(request.requestId);
    step.persist({ kind: "remove-request", requestId: request.requestId });
  }
  if (requests.size > 0) scheduleExpiry(step, dropped > requestsExpiredMax ? 1000 : undefined);
}

/** How often requestIds past their retention are looked for. */
const expiryPeriodMs = 60_000;

export function scheduleExpiry(step: StepContext, delayMs: number = expiryPeriodMs): void {
  step.state.agenda.add(step.now.bootMs + delayMs, { kind: "expire-requests" });
}
