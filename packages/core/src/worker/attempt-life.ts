import type { AttemptKey } from "../attempt-key.ts";
import { completeLogPolicy } from "../application/log-policy.ts";
import type { AttemptOutcome } from "../application/outcome.ts";
import { endHealth, watchHealth } from "./health.ts";
import { journal } from "./journal.ts";
import type { HeldAttempt, LaunchOrder, StartCommand } from "./held-attempt.ts";
import { addReport } from "./reports.ts";
import { authorityOf, rejected, supervise } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { PreparedCommand, PrepareFailure } from "./worker-input.ts";

/** The acceptance is on disk: the attempt gets its work directory, unless the worker can start nothing any more. */
export function prepareAttempt(step: WorkerStep, held: HeldAttempt, order: LaunchOrder): void {
  const { state } = step;
  const { description } = held;
  if (description === null) return;
  if (state.journal.failure !== null) {
    const message = `the worker's journal cannot be written: ${state.journal.failure}`;
    finishAttempt(step, held, rejected(step, "journal-failed", message));
    return;
  }
  if (state.stopping.kind !== "no") {
    settleAttempts(step, [[held, rejected(step, "stopping", "the worker is stopping")]]);
    return;
  }
  held.phase = { kind: "preparing", order };
  addReport(state, held, { kind: "accepted" });
  step.effects.push({ kind: "prepare", attempt: held.attempt, description });
}

/** Work directory and command are ready: the supervisor is told to start it, under the lease that came with its launch. */
export function attemptPrepared(
  step: WorkerStep,
  attempt: AttemptKey,
  command: PreparedCommand,
): void {
  const { state } = step;
  const held = state.attempts.get(attempt);
  // A kill may have come first: then it never starts.
  if (held?.phase.kind !== "preparing" || held.description === null) return;
  const { order } = held.phase;
  const { description } = held;
  const start: StartCommand = {
    kind: "start",
    attempt,
    // Named one by one: a spread costs more than the rest of this step.
    spec: {
      argv: command.argv,
      workingDirectory: command.workingDirectory,
      outputDirectory: command.outputDirectory,
      environment: command.environment,
      openFilesMax: command.openFilesMax,
      account: command.account,
      messagePath: command.messagePath,
      hosted: command.hosted,
      logs: completeLogPolicy(description.logs, state.logs),
      stop: description.stop,
      onDisconnect: description.onDisconnect,
      timeLimitMs: description.timeoutMs,
      milliCores: description.milliCores,
      memoryMiB: description.memoryMiB,
    },
    stamp: order.stamp,
    leaseMs: order.leaseMs,
    authority: authorityOf(step, order.epoch),
  };
  held.phase = { kind: "starting", command: start };
  if (held.fence) state.fenced.add(attempt);
  supervise(step, start);
}

/** It can never run here, or anywhere: the master decides what that means. */
export function prepareFailed(
  step: WorkerStep,
  attempt: AttemptKey,
  code: PrepareFailure,
  message: string,
): void {
  const held = step.state.attempts.get(attempt);
  if (held?.phase.kind !== "preparing") return;
  const outcome: AttemptOutcome = {
    kind: "start-failed",
    code,
    message,
    endedAtMs: step.now.wallMs,
  };
  settleAttempts(step, [[held, outcome]]);
}

/** The supervisor says that it runs. */
export function attemptStarted(
  step: WorkerStep,
  held: HeldAttempt,
  pid: number,
  startedAtMs: number,
): void {
  const { phase } = held;
  if (phase.kind !== "starting" && phase.kind !== "recovered") return;
  const { state } = step;
  if (phase.kind === "starting" || !phase.started) {
    journal(step, [{ kind: "started", attempt: held.attempt }]);
  }
  watchHealth(step, held, phase.kind === "starting");
  held.phase = { kind: "started", pid, startedAtMs };
  if (held.fence) state.fenced.add(held.attempt);
  addReport(state, held, { kind: "started", pid, startedAtMs });
}

/** It is over, durably. Reported until acknowledged, kept until forgotten. */
export function finishAttempt(step: WorkerStep, held: HeldAttempt, outcome: AttemptOutcome): void {
  endHealth(step.state, held.attempt);
  held.phase = { kind: "ended", outcome };
  held.description = null;
  held.kill = null;
  step.state.fenced.delete(held.attempt);
  addReport(step.state, held, { kind: "ended", outcome });
}

/** Ends attempts by the worker's own decision: journalled first, reported then. */
export function settleAttempts(
  step: WorkerStep,
  ends: readonly (readonly [HeldAttempt, AttemptOutcome])[],
): void {
  if (ends.length === 0) return;
  for (const [held, outcome] of ends) held.phase = { kind: "settling", outcome };
  journal(
    step,
    ends.map(([{ attempt }, outcome]) => ({ kind: "settled", attempt, outcome })),
    { kind: "settled", attempts: ends.map(([{ attempt }]) => attempt) },
  );
}
