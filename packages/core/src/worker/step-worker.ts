/*
 * The worker's state machine, in prose.
 *
 * Supervisor link: detached -> attaching -> attached. Nothing else begins before the first
 * `attached`, which says what runs and what ended; every later one brings the table in line
 * again (supervisor-link.ts). While detached the supervisor goes on by itself.
 *
 * Session: seeking (asks the masters in turn, waits between rounds) -> registering -> joining
 * (the registration is being journalled) -> serving. Whatever goes wrong with a master leads
 * back to seeking; a worker never ends because masters are away (registration.ts).
 *
 * Sync loop, while serving: a stamp from the supervisor, then one Sync; two at most are under
 * way, the older one perhaps held by the master, the newer one carrying news (sync-loop.ts).
 * A reply counts only while its Sync is under way. Its grant is passed on at once; its
 * directives are journalled and then take effect whole, in the order of the replies, so that
 * the list is always that of the replies obeyed (sync-answer.ts, directives.ts, apply-replies.ts).
 *
 * Attempt: see held-attempt.ts for the phases, attempt-life.ts for the transitions.
 *
 * Denial rounds defend live leases while no leader grants any (denial-round.ts).
 *
 * Stopping: no -> leaving (a maintenance lease first) or ending-work -> exited (stopping.ts).
 */
import type { SupervisorReport } from "../protocol/supervisor.ts";
import { continueJournalled } from "./apply-replies.ts";
import { attemptPrepared, prepareFailed } from "./attempt-life.ts";
import {
  denialDueAtMs,
  denialStamped,
  probeAnswered,
  probeFailed,
  pursueDenial,
} from "./denial-round.ts";
import { healthChecked, healthDueAtMs, pursueHealth } from "./health.ts";
import { compactJournal, journalFailed, journalled } from "./journal.ts";
import { registerAnswered, registerFailed, seekMaster } from "./registration.ts";
import { barrierStamped, pursueStop, requestStop, stopDueAtMs } from "./stopping.ts";
import {
  attached,
  attachRefused,
  attemptUnknown,
  detached,
  pursueAttach,
  superviseReported,
} from "./supervisor-link.ts";
import { syncAnswered, syncFailed } from "./sync-answer.ts";
import { pursueSync, syncDueAtMs, syncStamped } from "./sync-loop.ts";
import { log, raiseAlert } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { WorkerEffect } from "./worker-effect.ts";
import type { WorkerInput, WorkerNow } from "./worker-input.ts";
import type { WorkerState } from "./worker-state.ts";

/**
 * Takes one input and gives what is to be done, in this order. All decisions of a worker are made
 * here: what to say to whom, when, and what to start. After the `exit` effect it does nothing.
 */
export function stepWorker(
  state: WorkerState,
  input: WorkerInput,
  now: WorkerNow,
): readonly WorkerEffect[] {
  if (hasExited(state)) return [];
  const step: WorkerStep = { state, now, effects: [] };
  take(step, input);
  if (state.begun && !hasExited(state)) pursue(step);
  return step.effects;
}

function take(step: WorkerStep, input: WorkerInput): void {
  switch (input.kind) {
    case "begin":
      step.state.begun = true;
      break;
    case "supervisor":
      takeReport(step, input.report);
      break;
    case "detached":
      detached(step, input.message);
      break;
    case "answered":
      takeAnswer(step, input);
      break;
    case "ask-failed":
      takeFailure(step, input);
      break;
    case "journalled":
      journalled(step, input.token);
      break;
    case "journal-failed":
      journalFailed(step, input.message);
      break;
    case "prepared":
      attemptPrepared(step, input.attempt, input.command);
      break;
    case "prepare-failed":
      prepareFailed(step, input.attempt, input.code, input.message);
      break;
    case "health-checked":
      healthChecked(step, input.attempt, input.healthy, input.message);
      break;
    case "woke":
      step.state.wakeAtMs = null;
      break;
    case "stop":
      requestStop(step, input.stopWork);
      break;
  }
}

function hasExited({ stopping }: WorkerState): boolean {
  return stopping.kind === "exited";
}

function takeReport(step: WorkerStep, report: SupervisorReport): void {
  const { state } = step;
  switch (report.kind) {
    case "attached":
      attached(step, report);
      break;
    case "attach-refused":
      attachRefused(step, report);
      break;
    case "stamped":
      if (syncStamped(step, report.stamp) || denialStamped(step, report.stamp)) break;
      barrierStamped(step, report.stamp);
      break;
    case "started":
      superviseReported(step, { ...report, kind: "live", stopCause: null });
      break;
    case "ended":
      superviseReported(step, report);
      break;
    case "unknown-attempt": {
      const held = state.attempts.get(report.attempt);
      if (held !== undefined) attemptUnknown(step, held);
      break;
    }
    case "alert":
      raiseAlert(step, "supervisor-alert", `${report.message} (${report.code})`);
      break;
    case "shutdown-refused":
      log(step, "warn", "The supervisor does not end", { reason: report.message });
      break;
  }
}

function takeAnswer(
  step: WorkerStep,
  { token, answer }: Extract<WorkerInput, { kind: "answered" }>,
): void {
  const unexpected = `it answered ${answer.kind}`;
  switch (answer.kind) {
    case "registered":
    case "not-leader":
    case "register-refused":
      if (registerAnswered(step, token, answer)) return;
      break;
    default:
      if (registerFailed(step, token, unexpected)) return;
  }
  switch (answer.kind) {
    case "sync-reply":
    case "not-leader":
    case "register-again":
    case "register-refused":
      if (syncAnswered(step, token, answer)) return;
      break;
    default:
      if (syncFailed(step, token, "failed", unexpected)) return;
  }
  if (answer.kind === "leading" || answer.kind === "not-leader") probeAnswered(step, token, answer);
  else probeFailed(step, token, "failed");
}

function takeFailure(
  step: WorkerStep,
  { token, reason, message }: Extract<WorkerInput, { kind: "ask-failed" }>,
): void {
  if (registerFailed(step, token, message)) return;
  if (syncFailed(step, token, reason, message)) return;
  probeFailed(step, token, reason);
}

/** What follows from the state that the input led to, whatever the input was. */
function pursue(step: WorkerStep): void {
  continueJournalled(step);
  pursueStop(step);
  if (hasExited(step.state)) return;
  pursueAttach(step);
  seekMaster(step);
  pursueSync(step);
  pursueDenial(step);
  pursueHealth(step);
  compactJournal(step);
  // A journal that failed makes the decisions of this very step final.
  continueJournalled(step);
  setWake(step);
}

function setWake(step: WorkerStep): void {
  const { state, now, effects } = step;
  const dueAtMs = nextDueAtMs(state);
  const atMs = dueAtMs === null ? null : Math.max(dueAtMs, now.bootMs);
  if (atMs === state.wakeAtMs) return;
  // One that comes too early does no harm, and spares a timer for each step.
  const earlier = state.wakeAtMs;
  if (atMs !== null && earlier !== null && now.bootMs < earlier && earlier < atMs) return;
  state.wakeAtMs = atMs;
  effects.push({ kind: "wake", atMs });
}

function nextDueAtMs(state: WorkerState): number | null {
  let dueAtMs = Number.POSITIVE_INFINITY;
  if (state.link.kind === "detached" && state.stopping.kind !== "ending-work") {
    dueAtMs = Math.min(dueAtMs, state.link.retryAtMs);
  }
  if (state.link.kind === "attaching") dueAtMs = Math.min(dueAtMs, state.link.patientUntilMs);
  if (state.link.kind === "attached" && state.session.kind === "seeking") {
    dueAtMs = Math.min(dueAtMs, state.session.atMs);
  }
  for (const due of [
    syncDueAtMs(state),
    denialDueAtMs(state),
    stopDueAtMs(state),
    healthDueAtMs(state),
  ]) {
    if (due !== null) dueAtMs = Math.min(dueAtMs, due);
  }
  return Number.isFinite(dueAtMs) ? dueAtMs : null;
}
