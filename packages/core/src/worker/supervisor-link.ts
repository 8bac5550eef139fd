import type { AttemptOutcome } from "../application/outcome.ts";
import { compareEpoch } from "../epoch.ts";
import { supervisorProtocolVersion } from "../protocol/supervisor.ts";
import type { SupervisedAttempt, SupervisorReport } from "../protocol/supervisor.ts";
import { addAttempt, listAttempt } from "./attempt-table.ts";
import { attemptStarted, finishAttempt, settleAttempts } from "./attempt-life.ts";
import { holdAttempt } from "./held-attempt.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import { leaveMaster } from "./registration.ts";
import { addReport } from "./reports.ts";
import { exit } from "./stopping.ts";
import {
  authorityOf,
  backoffMs,
  clearAlert,
  raiseAlert,
  rejected,
  supervise,
} from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";

type Attached = Extract<SupervisorReport, { kind: "attached" }>;

/** Connects to the supervisor if there is no connection and the wait is over. */
export function pursueAttach(step: WorkerStep): void {
  const { state, now } = step;
  const { link, identity } = state;
  if (link.kind === "attaching" && now.bootMs >= link.patientUntilMs) {
    state.link = { kind: "attaching", patientUntilMs: Number.POSITIVE_INFINITY };
    supervisorLost(step, "none answers");
  }
  if (link.kind !== "detached" || now.bootMs < link.retryAtMs) return;
  // The supervisor ends with the work: it is not to be started again.
  if (state.stopping.kind === "ending-work") return;
  state.link = {
    kind: "attaching",
    patientUntilMs: now.bootMs + state.limits.attachPatienceMs,
  };
  step.effects.push({
    kind: "attach",
    workerId: identity.workerId,
    incarnation: identity.incarnation,
  });
}

/** The connection is gone: the supervisor goes on by itself, and the worker comes back to it. */
export function detached(step: WorkerStep, message: string): void {
  const { state, now } = step;
  const { attachBackoffInitialMs, attachBackoffMaxMs } = state.limits;
  const delayMs = backoffMs(step, state.attachFailures, attachBackoffInitialMs, attachBackoffMaxMs);
  state.attachFailures++;
  state.link = { kind: "detached", retryAtMs: now.bootMs + delayMs };
  state.sync.awaitedStamp = null;
  state.denial.round = { kind: "none" };
  if (state.stopping.kind === "no") supervisorLost(step, message);
}

function supervisorLost(step: WorkerStep, why: string): void {
  raiseAlert(
    step,
    "supervisor-lost",
    `The worker has no connection to its supervisor (${why}). Running work is supervised without it, but nothing new is started; the worker keeps trying. See .aloha/supervisor in the work directory.`,
  );
}

/** The supervisor took this worker, and says what runs and what ended. */
export function attached(step: WorkerStep, report: Attached): void {
  const { state } = step;
  if (report.version !== supervisorProtocolVersion) {
    exit(
      step,
      1,
      `The supervisor speaks protocol ${report.version}, this worker ${supervisorProtocolVersion}. Run the version of Aloha that started it, or end its work first.`,
    );
    return;
  }
  const before = state.host;
  state.link = { kind: "attached" };
  state.attachFailures = 0;
  state.host = {
    bootId: report.bootId,
    containment: report.containment,
    guarded: report.guarded,
  };
  clearAlert(step, "supervisor-lost");
  if (before === null) {
    // The supervisor may have seen an epoch that did not reach the worker's journal.
    const seen = report.epochsSeen.find(({ clusterId }) => clusterId === state.clusterId);
    if (seen !== undefined && compareEpoch(seen.epoch, state.epochSeen) === "newer") {
      state.epochSeen = seen.epoch;
    }
  } else if (before.containment !== report.containment || before.guarded !== report.guarded) {
    leaveMaster(step, "the supervisor holds processes in another way than before", null);
  }
  const supervised = new Map(report.attempts.map((known) => [known.attempt, known]));
  const lost: (readonly [HeldAttempt, AttemptOutcome])[] = [];
  for (const held of state.attempts.values()) {
    const end = reconcile(step, held, supervised.get(held.attempt));
    if (end !== null) lost.push([held, end]);
  }
  settleAttempts(step, lost);
  for (const known of report.attempts) {
    if (!state.attempts.has(known.attempt)) adopt(step, known);
  }
}

/** The supervisor refuses this worker: another one has its place. */
export function attachRefused(
  step: WorkerStep,
  report: Extract<SupervisorReport, { kind: "attach-refused" }>,
): void {
  exit(step, 1, `The supervisor refuses this worker (${report.code}): ${report.message}`);
}

/** News about one attempt, from the supervisor. */
export function superviseReported(step: WorkerStep, known: SupervisedAttempt): void {
  const held = step.state.attempts.get(known.attempt);
  if (held === undefined) adopt(step, known);
  else take(step, held, known);
}

/** A kill found nothing to kill: whatever was started is gone without a record. */
export function attemptUnknown(step: WorkerStep, held: HeldAttempt): void {
  const end = endOfUnknown(step, held);
  if (end !== null) settleAttempts(step, [[held, end]]);
}

/** Brings one attempt in line with what the supervisor knows of it; gives its end if it has come to one without a record. */
function reconcile(
  step: WorkerStep,
  held: HeldAttempt,
  known: SupervisedAttempt | undefined,
): AttemptOutcome | null {
  if (known !== undefined) {
    take(step, held, known);
    repeatKill(step, held);
    return null;
  }
  const { phase } = held;
  if (phase.kind === "starting" && phase.command !== null && held.kill === null) {
    // The command was lost with the connection, or with the supervisor before it was recorded.
    supervise(step, phase.command);
    return null;
  }
  return endOfUnknown(step, held);
}

/** How an attempt has ended that the supervisor knows nothing of; null if it was not told of it yet. */
function endOfUnknown(step: WorkerStep, held: HeldAttempt): AttemptOutcome | null {
  const { phase } = held;
  if (phase.kind === "started" || (phase.kind === "recovered" && phase.started)) {
    return {
      kind: "exit-unknown",
      reason: "supervisor-lost",
      message: "the supervisor has no record of it, although it ran",
      stopCause: null,
      tree: "best-effort",
      endedAtMs: step.now.wallMs,
    };
  }
  if (phase.kind === "recovered") {
    return rejected(step, "lapsed", "the worker was restarted before it was started");
  }
  if (phase.kind !== "starting") return null;
  return held.kill === null
    ? rejected(step, "lapsed", "the supervisor was restarted before it was started")
    : { kind: "never-started", endedAtMs: step.now.wallMs };
}

function take(step: WorkerStep, held: HeldAttempt, known: SupervisedAttempt): void {
  switch (known.kind) {
    case "starting":
      if (held.phase.kind === "recovered") {
        held.phase = { kind: "starting", command: null };
        if (held.fence) step.state.fenced.add(held.attempt);
        addReport(step.state, held, { kind: "accepted" });
      }
      break;
    case "live":
      if (held.phase.kind === "ended" || held.phase.kind === "settling") contradict(step, held);
      else attemptStarted(step, held, known.pid, known.startedAtMs);
      break;
    case "ended":
      if (held.phase.kind !== "ended" && held.phase.kind !== "settling") {
        finishAttempt(step, held, known.outcome);
      }
      break;
  }
}

/** Takes up an attempt that only the supervisor knows, as after the loss of the worker's journal. */
function adopt(step: WorkerStep, known: SupervisedAttempt): void {
  const { state } = step;
  if (known.kind === "ended" && state.forgotten.has(known.attempt)) {
    supervise(step, { kind: "forget", attempts: [known.attempt] });
    return;
  }
  const held = holdAttempt(known.attempt, null, { kind: "recovered", started: false });
  addAttempt(state, held);
  listAttempt(state, held);
  state.sync.wantFull = true;
  take(step, held, known);
}

/** A kill that was ordered while the connection was down, or whose command may have been lost with it. */
function repeatKill(step: WorkerStep, held: HeldAttempt): void {
  if (held.kill === null) return;
  const { immediately, epoch } = held.kill;
  supervise(step, {
    kind: "kill",
    attempt: held.attempt,
    immediately,
    authority: authorityOf(step, epoch),
  });
}

/** The end of an attempt was reported, and yet it runs: it must not, since its successor may run elsewhere. */
function contradict(step: WorkerStep, held: HeldAttempt): void {
  const { epochSeen } = step.state;
  if (epochSeen === null) return;
  raiseAlert(
    step,
    "lost-attempt",
    `The supervisor runs ${held.attempt}, whose end this worker has already reported. It is being killed.`,
  );
  supervise(step, {
    kind: "kill",
    attempt: held.attempt,
    immediately: true,
    authority: authorityOf(step, epochSeen),
  });
}
