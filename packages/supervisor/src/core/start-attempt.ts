import type { AttemptOutcome, SupervisorCommand } from "@aloha/core";
import type { SupervisorInput } from "./input.ts";
import { servePools } from "./hosted/serve-pools.ts";
import { lapse, rejected } from "./lapse.ts";
import type { Attempt } from "./state.ts";
import { signalStop } from "./stop-attempt.ts";
import {
  addAttempt,
  alert,
  attemptOf,
  fenceOf,
  isGuarded,
  journal,
  recordOutcome,
  report,
  type Turn,
} from "./turn.ts";

type Start = Extract<SupervisorCommand, { kind: "start" }>;
type RejectCode = Extract<AttemptOutcome, { kind: "rejected" }>["code"];

/** Takes a start that has authority. What is known already is answered with its present state. */
export function acceptStart(turn: Turn, start: Start): void {
  const { state, now } = turn;
  const stampBootMs = state.stamps.get(start.stamp);
  if (stampBootMs === undefined) {
    reject(
      turn,
      start,
      "lapsed",
      `stamp ${start.stamp} is not known to this supervisor, so its lease cannot be counted`,
    );
    return;
  }
  const deadlineBootMs = stampBootMs + start.leaseMs;
  if (now.bootMs >= deadlineBootMs) {
    reject(
      turn,
      start,
      "lapsed",
      `the lease ended ${Math.round(now.bootMs - deadlineBootMs)} ms before the start arrived`,
    );
    return;
  }
  if (state.stopping !== "no") {
    reject(turn, start, "stopping", "the supervisor is shutting down");
    return;
  }
  if (state.liveCount >= state.limits.liveMax) {
    reject(
      turn,
      start,
      "limit",
      `${state.limits.liveMax} attempts are live, which is the supervisor's limit`,
    );
    return;
  }
  if (state.journalFailure !== null) {
    reject(
      turn,
      start,
      "journal-failed",
      `the supervisor cannot write its journal: ${state.journalFailure}`,
    );
    return;
  }
  addAttempt(turn, newAttempt(start, deadlineBootMs, { kind: "accepting" }));
  const entry = { kind: "accepted", attempt: start.attempt, bootId: state.bootId } as const;
  const inHost = start.spec.hosted === null ? entry : ({ ...entry, hosted: true } as const);
  journal(turn, inHost, { kind: "accepted", attempt: start.attempt });
}

/** Answers a start of an attempt that is known. False if it is not. */
export function answerKnownStart(turn: Turn, start: Start): boolean {
  const attempt = attemptOf(turn, start.attempt);
  if (attempt === undefined) return false;
  const { phase } = attempt;
  if (phase.kind === "running") {
    report(turn, {
      kind: "started",
      attempt: attempt.key,
      pid: phase.main.pid,
      startedAtMs: phase.startedAtMs,
    });
  } else if (phase.kind === "ended") {
    report(turn, { kind: "ended", attempt: attempt.key, outcome: phase.outcome });
  }
  return true;
}

/** Refuses a start for good: the refusal is durable before it is reported, so the attempt can never start here. */
export function reject(turn: Turn, start: Start, code: RejectCode, reason: string): void {
  if (turn.state.attempts.size >= turn.state.limits.attemptsMax) {
    alert(
      turn,
      "attempts-limit",
      `The start of ${start.attempt} was dropped: ${turn.state.limits.attemptsMax} attempts are waiting to be forgotten. Is the master reachable?`,
    );
    return;
  }
  const outcome = rejected(turn, code, `${start.attempt} was not started: ${reason}.`);
  const attempt = newAttempt(start, 0, { kind: "accepting" });
  addAttempt(turn, attempt);
  recordOutcome(turn, attempt, outcome);
  // A full disk must not keep the master waiting; the refusal is in memory, and is written when that is possible again.
  if (code === "journal-failed") report(turn, { kind: "ended", attempt: attempt.key, outcome });
}

/** Forks what is queued, a few a turn. The deadline is compared again, since the journal may have been slow. */
export function spawnQueued(turn: Turn): void {
  const { state, now } = turn;
  if (!isGuarded(state)) return;
  servePools(turn);
  let budget = state.limits.spawnsPerTurnMax;
  while (budget > 0) {
    const key = state.spawnQueue.shift();
    if (key === undefined) return;
    const attempt = attemptOf(turn, key);
    if (attempt?.phase.kind !== "queued" || attempt.spec === null) continue;
    if (now.bootMs >= attempt.deadlineBootMs) {
      lapse(turn, attempt);
      continue;
    }
    budget--;
    attempt.phase = { kind: "spawning" };
    turn.effects.push({
      kind: "spawn",
      attempt: key,
      spec: attempt.spec,
      fenceBootMs: fenceOf(state, attempt),
      leaseMs: attempt.leaseMs,
    });
  }
  if (state.spawnQueue.length > 0) turn.effects.push({ kind: "again" });
}

export function onSpawned(turn: Turn, input: Extract<SupervisorInput, { kind: "spawned" }>): void {
  const attempt = attemptOf(turn, input.attempt);
  if (attempt?.phase.kind !== "spawning") return;
  const { now, state } = turn;
  const main = { pid: input.pid, startTicks: input.startTicks, bootId: state.bootId };
  attempt.phase = { kind: "running", main, startedAtMs: now.wallMs, startedBootMs: now.bootMs };
  const { pid, startTicks } = input;
  journal(turn, {
    kind: "started",
    attempt: attempt.key,
    pid,
    startTicks,
    startedAtMs: now.wallMs,
  });
  report(turn, { kind: "started", attempt: attempt.key, pid, startedAtMs: now.wallMs });
  if (fenceOf(state, attempt) !== null || state.containment === "group")
    turn.effects.push({ kind: "guard-changed" });
  signalStop(turn, attempt);
}

export function onSpawnFailed(
  turn: Turn,
  input: Extract<SupervisorInput, { kind: "spawn-failed" }>,
): void {
  const attempt = attemptOf(turn, input.attempt);
  if (attempt?.phase.kind !== "spawning") return;
  const { code, message } = input;
  if (code === "limit" || code === "lapsed")
    recordOutcome(turn, attempt, rejected(turn, code, message));
  else
    recordOutcome(turn, attempt, {
      kind: "start-failed",
      code,
      message,
      endedAtMs: turn.now.wallMs,
    });
}

function newAttempt(start: Start, deadlineBootMs: number, phase: Attempt["phase"]): Attempt {
  return {
    key: start.attempt,
    spec: start.spec,
    deadlineBootMs,
    leaseMs: start.leaseMs,
    phase,
    stop: null,
  };
}
