/**
 * What follows from the end of an attempt. One rule per outcome, in this order of strength: a
 * start that can never succeed ends the application; an exit recorded before any signal is what
 * the program itself said; otherwise the reason for the signal decides; and what nobody saw is
 * never guessed.
 */
import { formatDuration } from "../units/duration.ts";
import type { ApplicationDescription, RestartCause } from "./description.ts";
import type { AttemptOutcome, TreeEnd } from "./outcome.ts";
import type { ApplicationEnd, ApplicationRecord, EndReason } from "./record.ts";
import { stoppedEnd } from "./stopped-end.ts";
import type { TerminalState } from "./state.ts";

export type AfterAttempt =
  | { readonly kind: "end"; readonly end: ApplicationEnd }
  /** Another attempt follows; `delayMs` of backoff first. `restart`: it counts against the restart policy. */
  | {
      readonly kind: "relaunch";
      readonly reason: EndReason;
      readonly message: string;
      readonly delayMs: number;
      readonly restart: boolean;
    }
  /** It never ran: it waits again, as if it had not been placed. */
  | { readonly kind: "requeue"; readonly message: string; readonly delayMs: number };

/** The wait after a rejection, so that a worker that cannot take anything is not asked in a tight loop. */
const rejectionDelayMs = 1000;

/** Decides what follows `outcome` of the newest attempt of `application` at wall-clock time `nowMs`. `isDrained`: its worker was to be without work by then. */
export function decideAfterAttempt(
  application: ApplicationRecord,
  description: ApplicationDescription,
  outcome: AttemptOutcome,
  nowMs: number,
  isDrained = false,
): AfterAttempt {
  switch (outcome.kind) {
    case "start-failed":
      return ended("ERROR", "start-failed", outcome.message, outcome.endedAtMs);
    case "never-started":
      return application.killRequest === null
        ? {
            kind: "requeue",
            message: "The worker refused a launch after a kill",
            delayMs: rejectionDelayMs,
          }
        : stopped(application.killRequest, description, "before-start", outcome.endedAtMs);
    case "rejected":
      if (application.killRequest !== null)
        return stopped(application.killRequest, description, "before-start", outcome.endedAtMs);
      return { kind: "requeue", message: outcome.message, delayMs: rejectionDelayMs };
    case "exit-unknown":
      if (outcome.reason === "host-killed" || outcome.reason === "host-crashed") {
        return afterHostLoss(application, description, outcome, outcome.reason, nowMs);
      }
      return afterInfrastructureLoss(application, description, {
        reason: outcome.reason === "host-rebooted" ? "host-rebooted" : "exit-unknown",
        message: outcome.message,
        killed: outcome.stopCause === "kill",
        tree: outcome.tree,
        endedAtMs: outcome.endedAtMs,
      });
    case "exited":
      return afterExit(application, description, outcome, nowMs, isDrained);
  }
}

/** What follows when the fence of an attempt expired unheard: its tree is gone, its end is not known. */
export function decideAfterFence(
  application: ApplicationRecord,
  description: ApplicationDescription,
  nowMs: number,
): AfterAttempt {
  return afterInfrastructureLoss(application, description, {
    reason: "worker-lost",
    message:
      "Its worker was not heard until its lease and fence had expired, so its processes are gone; how they ended is not known",
    killed: true,
    tree: "verified",
    endedAtMs: nowMs,
  });
}

type Exited = Extract<AttemptOutcome, { readonly kind: "exited" }>;

function afterExit(
  application: ApplicationRecord,
  description: ApplicationDescription,
  outcome: Exited,
  nowMs: number,
  isDrained: boolean,
): AfterAttempt {
  const { stopCause } = outcome;
  switch (stopCause) {
    case "kill":
      // Nobody asked for this application's end: an operator wanted its worker to be without work.
      if (application.killRequest === null) {
        return afterInfrastructureLoss(application, description, {
          reason: isDrained ? "drained" : "supervision-lost",
          message: isDrained
            ? "Stopped since its worker was drained, and the deadline of that had passed"
            : "Stopped together with the worker on which it ran",
          killed: false,
          ...exitFacts(outcome),
        });
      }
      return stopped(
        application.killRequest,
        description,
        "running",
        outcome.endedAtMs,
        exitFacts(outcome),
      );
    case "fence":
      return afterInfrastructureLoss(application, description, {
        reason: "fenced",
        message: "Stopped by its worker's supervisor, since no master renewed its lease in time",
        killed: true,
        ...exitFacts(outcome),
      });
    case "supervision-lost":
      return afterInfrastructureLoss(application, description, {
        reason: "supervision-lost",
        message: "Stopped because the supervisor or its guardian on the worker was lost",
        killed: true,
        ...exitFacts(outcome),
      });
    case "timeout":
      return afterFailure(application, description, "timeout", nowMs, {
        state: "TIMED_OUT",
        reason: "timeout",
        message: `Stopped after ${formatDuration(description.timeoutMs ?? 0)}, its time limit`,
        facts: factsOf(outcome),
      });
    case "unhealthy":
      if (application.killRequest !== null) {
        const { killRequest } = application;
        return stopped(killRequest, description, "running", outcome.endedAtMs, exitFacts(outcome));
      }
      return afterFailure(application, description, "unhealthy", nowMs, {
        state: "FAILED",
        reason: "unhealthy",
        message: `Stopped since its health check failed ${description.health?.failures ?? 0} times in a row`,
        facts: factsOf(outcome),
      });
    case null:
      return afterOwnExit(application, description, outcome, nowMs);
  }
}

function afterOwnExit(
  application: ApplicationRecord,
  description: ApplicationDescription,
  outcome: Exited,
  nowMs: number,
): AfterAttempt {
  if (outcome.exitCode !== null && description.successExitCodes.includes(outcome.exitCode)) {
    return exitEnd(
      "FINISHED",
      "completed",
      withOwnWords(`Finished with exit code ${outcome.exitCode}`, outcome),
      outcome,
    );
  }
  if (outcome.outOfMemory) {
    return afterFailure(application, description, "oom", nowMs, {
      state: "FAILED",
      reason: "out-of-memory",
      message: `Ran out of memory: its limit is ${description.memoryMiB} MiB. Submit it with more memory`,
      facts: factsOf(outcome),
    });
  }
  return afterFailure(application, description, "failure", nowMs, {
    state: "FAILED",
    reason: outcome.exitCode === null ? "signal" : "exit-code",
    message: withOwnWords(
      outcome.exitCode === null
        ? `Ended by ${outcome.signal ?? "an unknown signal"}, which Aloha did not send`
        : `Failed with exit code ${outcome.exitCode}`,
      outcome,
    ),
    facts: factsOf(outcome),
  });
}

/**
 * The process that it shared is gone, through no fault that could be told to be its own: it follows both
 * policies, that for what the infrastructure does to it and that for failures.
 */
function afterHostLoss(
  application: ApplicationRecord,
  description: ApplicationDescription,
  outcome: Extract<AttemptOutcome, { readonly kind: "exit-unknown" }>,
  reason: "host-killed" | "host-crashed",
  nowMs: number,
): AfterAttempt {
  const { message, tree, endedAtMs } = outcome;
  const killed = outcome.stopCause === "kill";
  if (description.supervise || (application.killRequest !== null && killed)) {
    const loss = { reason, message, killed, tree, endedAtMs };
    return afterInfrastructureLoss(application, description, loss);
  }
  const facts = { tree, endedAtMs };
  return afterFailure(application, description, "failure", nowMs, {
    state: "ERROR",
    reason,
    message,
    facts,
  });
}

interface Failure {
  readonly state: TerminalState;
  readonly reason: EndReason;
  readonly message: string;
  readonly facts: EndFacts;
}

function afterFailure(
  application: ApplicationRecord,
  description: ApplicationDescription,
  cause: RestartCause | "unhealthy",
  nowMs: number,
  failure: Failure,
): AfterAttempt {
  const { restart } = description;
  const { state, reason, facts } = failure;
  const end = ended(state, reason, failure.message, facts.endedAtMs, facts);
  // It was stopped in order to be restarted: that is asked for already.
  const isAsked = cause === "unhealthy" || restart.on.includes(cause);
  if (application.killRequest !== null || !isAsked) return end;
  const recent = recentRestarts(application, description, nowMs);
  if (recent.length >= restart.maxAttempts) {
    const message = `${failure.message}; not restarted, since ${recent.length} restarts within ${formatDuration(restart.windowMs)} are its limit`;
    return ended(state, reason, message, facts.endedAtMs, facts);
  }
  const delayMs = Math.min(restart.backoffMaxMs, restart.backoffInitialMs * 2 ** recent.length);
  return {
    kind: "relaunch",
    reason: failure.reason,
    message: failure.message,
    delayMs,
    restart: true,
  };
}

/** When the restart policy relaunched this application, as far as its window reaches back from `nowMs`. */
export function recentRestarts(
  application: ApplicationRecord,
  description: ApplicationDescription,
  nowMs: number,
): readonly number[] {
  return application.restartedAtMs.filter((atMs) => atMs > nowMs - description.restart.windowMs);
}

interface InfrastructureLoss extends ExitFacts {
  readonly reason: EndReason;
  readonly message: string;
  /** A kill, if one was asked for, may be said to have done it. */
  readonly killed: boolean;
}

interface EndFacts extends ExitFacts {
  readonly outOfMemory?: boolean;
}

interface ExitFacts {
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly tree: TreeEnd;
  readonly endedAtMs: number;
}

function afterInfrastructureLoss(
  application: ApplicationRecord,
  description: ApplicationDescription,
  loss: InfrastructureLoss,
): AfterAttempt {
  if (application.killRequest !== null && loss.killed) {
    return stopped(application.killRequest, description, "running", loss.endedAtMs, loss);
  }
  if (description.supervise && application.killRequest === null) {
    return {
      kind: "relaunch",
      reason: loss.reason,
      message: loss.message,
      delayMs: 0,
      restart: false,
    };
  }
  return ended("ERROR", loss.reason, loss.message, loss.endedAtMs, loss);
}

function exitEnd(
  state: TerminalState,
  reason: EndReason,
  message: string,
  outcome: Exited,
): AfterAttempt {
  return ended(state, reason, message, outcome.endedAtMs, factsOf(outcome));
}

function factsOf(outcome: Exited): EndFacts {
  return { ...exitFacts(outcome), outOfMemory: outcome.outOfMemory };
}

/** What happened, and what the application itself said about it. */
function withOwnWords(what: string, { message }: Exited): string {
  return message === undefined || message === "" ? what : `${what}: ${message}`;
}

function exitFacts(outcome: Exited): ExitFacts {
  const { exitCode, signal, tree, endedAtMs } = outcome;
  return { exitCode, signal, tree, endedAtMs };
}

function stopped(...what: Parameters<typeof stoppedEnd>): AfterAttempt {
  return { kind: "end", end: stoppedEnd(...what) };
}

/** The end of an application, written once. */
function ended(
  state: TerminalState,
  reason: EndReason,
  message: string,
  endedAtMs: number,
  facts: Partial<EndFacts> = {},
): AfterAttempt {
  return {
    kind: "end",
    end: {
      state,
      reason,
      message,
      exitCode: facts.exitCode ?? null,
      signal: facts.signal ?? null,
      outOfMemory: facts.outOfMemory ?? false,
      tree: facts.tree ?? null,
      endedAtMs,
    },
  };
}
