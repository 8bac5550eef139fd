/**
 * The master's one entry: a batch of inputs in, effects out. The order within a step matters:
 * first everything that arrived or fell due, then placement with all that it freed, and last the
 * answers to the workers, which carry what the whole batch brought about.
 */
import type { MasterEffect } from "./effect.ts";
import type { MasterInput, Now } from "./input.ts";
import { kill } from "./kill.ts";
import { repeatKills } from "./directives.ts";
import { takeLookUp } from "./look-up.ts";
import { placeWaiting } from "./place.ts";
import { register } from "./register.ts";
import { checkSilence, expireFences, forgetWorker, loseAbsent, lowerLease } from "./silence.ts";
import type { AgendaItem, MasterState } from "./state.ts";
import { StepContext } from "./step-context.ts";
import { expireRequests, submit } from "./submit.ts";
import { abandon, answerSyncs, endHold, receiveSync } from "./sync.ts";
import { explain, viewOverview, viewWorkers } from "./views.ts";
import { dropStaleLimits, enforceLimits } from "./time-limits.ts";
import {
  drainWorker,
  labelWorker,
  resumeWorker,
  showWorker,
  stopDrained,
} from "./worker-orders.ts";
import { endBackoff } from "./waiting.ts";

/** Takes a batch of inputs at one moment; returns what is to be done, in order. */
export function stepMaster(
  state: MasterState,
  inputs: readonly MasterInput[],
  now: Now,
): MasterEffect[] {
  const step = new StepContext(state, now);
  for (const input of inputs) take(step, input);
  takeDue(step);
  enforceLimits(step);
  endStep(step);
  return step.effects;
}

/** What every step ends with. */
export function endStep(step: StepContext): void {
  placeWaiting(step);
  answerSyncs(step);
  endRecovery(step);
  dropStaleLimits(step);
  askToWake(step);
}

function take(step: StepContext, input: MasterInput): void {
  switch (input.kind) {
    case "submit":
      submit(step, input);
      return;
    case "kill":
      kill(step, input);
      return;
    case "register":
      register(step, input);
      return;
    case "sync":
      receiveSync(step, input);
      return;
    case "probe": {
      const { nonce } = input.message;
      const { epoch } = step.state.cluster;
      step.answer(input.token, { kind: "probe", reply: { kind: "leading", nonce, epoch } });
      return;
    }
    case "abandoned":
      abandon(step, input.token);
      return;
    case "explain": {
      const explanation = explain(step, input.appId);
      step.answer(
        input.token,
        explanation === undefined
          ? { kind: "not-live", appId: input.appId }
          : { kind: "explanation", explanation },
      );
      return;
    }
    case "list-workers":
      step.answer(input.token, { kind: "workers", workers: viewWorkers(step) });
      return;
    case "show-worker":
      showWorker(step, input);
      return;
    case "drain-worker":
      drainWorker(step, input);
      return;
    case "resume-worker":
      resumeWorker(step, input);
      return;
    case "label-worker":
      labelWorker(step, input);
      return;
    case "overview":
      step.answer(input.token, { kind: "overview", overview: viewOverview(step.state) });
      return;
    case "barrier":
      step.answer(input.token, { kind: "barrier" });
      return;
    case "looked-up":
      takeLookUp(step, input);
      return;
    case "store-space":
      takeStoreSpace(step, input.low);
      return;
    case "alert":
      step.alert(input.code, input.message);
      return;
    case "wake":
      // The timer is spent: whatever is still to come has to be asked for again.
      step.state.wakeAtMs = Number.POSITIVE_INFINITY;
      return;
  }
}

function takeStoreSpace(step: StepContext, low: boolean): void {
  const { state } = step;
  if (state.lowSpace === low) return;
  state.lowSpace = low;
  step.emit({
    kind: "master-state-changed",
    to: low ? "READ_ONLY" : state.phase,
    epoch: state.cluster.epoch.number,
    message: low
      ? "The disk is almost full: no application is accepted or placed until there is space again"
      : "There is space on the disk again",
  });
}

function takeDue(step: StepContext): void {
  for (;;) {
    const item = step.state.agenda.takeDue(step.now.bootMs);
    if (item === undefined) return;
    carryOut(step, item);
  }
}

function carryOut(step: StepContext, item: AgendaItem): void {
  if (item.kind === "backoff-over") {
    endBackoff(step, item.appId);
    return;
  }
  if (item.kind === "expire-requests") {
    expireRequests(step);
    return;
  }
  const worker = step.state.workers.get(item.workerId);
  if (worker === undefined) return;
  switch (item.kind) {
    case "worker-silent":
      checkSilence(step, worker);
      return;
    case "worker-fence":
      expireFences(step, worker);
      return;
    case "worker-forgotten":
      forgetWorker(step, worker);
      return;
    case "drain-deadline":
      stopDrained(step, worker);
      return;
    case "lower-lease":
      lowerLease(step, worker);
      return;
    case "hold-over":
      repeatKills(worker);
      endHold(step, worker, item.seq);
      return;
    case "absent-attempt":
      loseAbsent(step, worker, item.attempt);
  }
}

function endRecovery(step: StepContext): void {
  const { state } = step;
  if (state.phase !== "RECOVERING" || state.recovering.size > 0) return;
  state.phase = "ALIVE";
  step.emit({
    kind: "master-state-changed",
    to: "ALIVE",
    epoch: state.cluster.epoch.number,
    message: "Everything that was running is accounted for",
  });
}

function askToWake(step: StepContext): void {
  const { state } = step;
  const atMs = Math.min(
    state.agenda.nextMs ?? Number.POSITIVE_INFINITY,
    state.timeLimits.nextMs ?? Number.POSITIVE_INFINITY,
    state.queue.nextWakeMs ?? Number.POSITIVE_INFINITY,
  );
  if (atMs === state.wakeAtMs) return;
  state.wakeAtMs = atMs;
  if (atMs !== Number.POSITIVE_INFINITY) step.effects.push({ kind: "wake", atMs });
}
