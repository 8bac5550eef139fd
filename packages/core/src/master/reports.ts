import { decideAfterAttempt } from "../application/transition.ts";
import type { AttemptKey } from "../attempt-key.ts";
import { parseAttemptKey } from "../attempt-key.ts";
import type { AttemptOutcome } from "../application/outcome.ts";
import type { AttemptReport } from "../protocol/worker.ts";
import { releaseStray } from "./allocation.ts";
import { isPastDrain } from "./worker-orders.ts";
import { liveAttempt, withChangedAttempt } from "./attempts.ts";
import { isForgetUnderWay } from "./directives.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { lookUp } from "./look-up.ts";
import type { LiveApplication, WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";

/** Takes in one report. It is acked when its consequence is part of this step, whose answer leaves after the commit. */
export function takeReport(step: StepContext, worker: WorkerEntry, report: AttemptReport): void {
  const { attempt, event } = report;
  switch (event.kind) {
    case "accepted": {
      const application = worker.live.get(attempt);
      if (application !== undefined) application.accepted = true;
      acknowledge(step, worker, report);
      return;
    }
    case "started": {
      const application = worker.live.get(attempt);
      if (application !== undefined) takeStart(step, application, event.pid, event.startedAtMs);
      acknowledge(step, worker, report);
      return;
    }
    case "health": {
      const application = worker.live.get(attempt);
      if (application !== undefined) takeHealth(step, application, event);
      acknowledge(step, worker, report);
      return;
    }
    case "ended":
      if (takeEnd(step, worker, attempt, event.outcome)) {
        acknowledge(step, worker, report);
        if (!isForgetUnderWay(worker, attempt)) worker.toForget.add(attempt);
      }
  }
}

function acknowledge(step: StepContext, worker: WorkerEntry, report: AttemptReport): void {
  worker.acks.push(report.id);
  step.stir(worker);
}

function takeStart(
  step: StepContext,
  application: LiveApplication,
  pid: number,
  startedAtMs: number,
): void {
  const { record } = application;
  const attempt = liveAttempt(record);
  if (attempt === undefined || attempt.phase === "STARTED") return;
  application.accepted = true;
  step.changeApplication(application, {
    state: record.state === "KILLING" ? "KILLING" : "RUNNING",
    firstStartedAtMs: record.firstStartedAtMs ?? startedAtMs,
    attempts: withChangedAttempt(record.attempts, attempt.number, {
      phase: "STARTED",
      pid,
      startedAtMs,
    }),
  });
}

/** What a health check says is kept with its attempt, and told when it changes. */
function takeHealth(
  step: StepContext,
  application: LiveApplication,
  { healthy, message }: Extract<AttemptReport["event"], { readonly kind: "health" }>,
): void {
  const { record, description } = application;
  const attempt = liveAttempt(record);
  if (attempt === undefined || (attempt.health?.healthy ?? true) === healthy) return;
  const health = { healthy, sinceMs: step.now.wallMs, message };
  step.changeApplication(application, {
    attempts: withChangedAttempt(record.attempts, attempt.number, { health }),
  });
  const who = `${record.id} (${description.name}), attempt ${attempt.number} on ${attempt.workerId},`;
  if (healthy) step.alert("application-healthy", `${who} is healthy again`);
  else step.alert("application-unhealthy", `${who} is unhealthy: ${message}`);
}

/** Whether the end is taken in for good, so that the worker may forget it. */
function takeEnd(
  step: StepContext,
  worker: WorkerEntry,
  key: AttemptKey,
  outcome: AttemptOutcome,
): boolean {
  const application = worker.live.get(key);
  if (application !== undefined) {
    const after = decideAfterAttempt(
      application.record,
      application.description,
      outcome,
      step.now.wallMs,
      isPastDrain(worker.record, step.now.wallMs),
    );
    const over = { phase: "ENDED", outcome, endedAtMs: outcome.endedAtMs } as const;
    finishAttempt(step, worker, key, withStartOf(application, outcome), over, after);
    return true;
  }
  if (isForgetUnderWay(worker, key)) return true;
  const stray = worker.strays.get(key);
  if (stray?.kind === "unknown") {
    alertUnknownEnd(step, worker, key, outcome);
    releaseStray(step, worker, key);
    return true;
  }
  const parts = parseAttemptKey(key);
  const newer = parts === undefined ? undefined : step.state.applications.get(parts.appId);
  if (newer !== undefined && parts !== undefined) {
    recordSuperseded(step, newer, parts.number, outcome);
    releaseEnded(step, worker, key);
    return true;
  }
  if (stray?.kind === "superseded") {
    releaseEnded(step, worker, key);
    return true;
  }
  if (parts?.clusterId !== step.state.cluster.clusterId) {
    alertUnknownEnd(step, worker, key, outcome);
    return true;
  }
  lookUp(step, worker, key, { milliCores: 0, memoryMiB: 0 }, true);
  return false;
}

/** A start whose report was lost is known from the end at the latest. */
function withStartOf(application: LiveApplication, outcome: AttemptOutcome): LiveApplication {
  const { record } = application;
  const attempt = liveAttempt(record);
  if (outcome.kind === "exited" && attempt !== undefined && attempt.startedAtMs === null) {
    const attempts = withChangedAttempt(record.attempts, attempt.number, {
      startedAtMs: outcome.startedAtMs,
    });
    application.record = {
      ...record,
      attempts,
      firstStartedAtMs: record.firstStartedAtMs ?? outcome.startedAtMs,
    };
  }
  return application;
}

/** An earlier attempt of a live application has ended after all: its exit stays in the history. */
function recordSuperseded(
  step: StepContext,
  application: LiveApplication,
  number: number,
  outcome: AttemptOutcome,
): void {
  const { attempts } = application.record;
  if (!attempts.some((attempt) => attempt.number === number && attempt.outcome === null)) return;
  step.changeApplication(application, {
    attempts: withChangedAttempt(attempts, number, { outcome }),
  });
}

function releaseEnded(step: StepContext, worker: WorkerEntry, key: AttemptKey): void {
  releaseStray(step, worker, key);
  worker.toKill.delete(key);
  worker.killing.delete(key);
}

/** The last trace of an attempt that belongs to nobody: its end stays in the event log. */
function alertUnknownEnd(
  step: StepContext,
  worker: WorkerEntry,
  key: AttemptKey,
  outcome: AttemptOutcome,
): void {
  const message = `Attempt ${key} on ${worker.record.workerId}, which this master does not know, has ended: ${describe(outcome)}`;
  step.alert("unknown-attempt-ended", message);
}

function describe(outcome: AttemptOutcome): string {
  if (outcome.kind !== "exited") return outcome.kind;
  return outcome.exitCode === null ? `signal ${outcome.signal}` : `exit code ${outcome.exitCode}`;
}
