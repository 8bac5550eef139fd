import type { StopCause } from "@aloha/core";
import { retireHost, signalMember } from "./hosted/stop-member.ts";
import type { Attempt, HostedPhase, RunningPhase } from "./state.ts";
import { alert, fenceOf, journal, recordOutcome, treeOf, type Turn } from "./turn.ts";

/** With no grace period a fence begins this long before the deadline, so that its cause is durable in time. */
const FENCE_RECORD_MS = 500;

/**
 * Stops an attempt for `cause`: the cause is made durable, then the stop signal is sent, and
 * after the grace period the tree is killed. The first cause stays; a later one can only
 * hurry. An attempt without a process ends here and now.
 */
export function requestStop(
  turn: Turn,
  attempt: Attempt,
  cause: StopCause,
  immediately: boolean,
): void {
  const { phase } = attempt;
  switch (phase.kind) {
    case "accepting":
    case "queued":
      recordOutcome(turn, attempt, { kind: "never-started", endedAtMs: turn.now.wallMs });
      return;
    case "spawning":
    case "running":
    case "hosted":
      if (attempt.stop === null) beginStop(turn, attempt, cause, immediately);
      else if (immediately) hurry(turn, attempt);
      return;
    case "emptying":
      if (!immediately) return;
      // Before the exit is recorded, a crash would leave the kill as its only trace.
      phase.killAtBootMs = turn.now.bootMs;
      if (phase.recorded) turn.effects.push({ kind: "kill-tree", tree: treeOf(attempt) });
      return;
    case "draining":
    case "orphaned":
    case "recording":
    case "ended":
      return;
  }
}

function beginStop(turn: Turn, attempt: Attempt, cause: StopCause, immediately: boolean): void {
  attempt.stop = {
    cause,
    phase: "recording",
    immediately,
    killAtBootMs: cause === "fence" ? attempt.deadlineBootMs : Number.POSITIVE_INFINITY,
    firstKillBootMs: null,
    alerted: false,
  };
  journal(
    turn,
    { kind: "stop", attempt: attempt.key, cause },
    { kind: "stop", attempt: attempt.key },
  );
}

function hurry(turn: Turn, attempt: Attempt): void {
  const { stop } = attempt;
  if (stop === null || stop.immediately) return;
  stop.immediately = true;
  if (stop.phase === "signalled") killTree(turn, attempt);
}

/** The cause is durable: now the process may be signalled. */
export function stopIsDurable(turn: Turn, attempt: Attempt): void {
  const { stop } = attempt;
  if (stop === null || stop.phase !== "recording") return;
  stop.phase = "recorded";
  const { kind } = attempt.phase;
  if (kind === "running" || kind === "hosted") signalStop(turn, attempt);
}

/** Sends the stop signal of a stop whose cause is recorded. */
export function signalStop(turn: Turn, attempt: Attempt): void {
  const { stop, spec } = attempt;
  if (stop === null || spec === null || stop.phase !== "recorded") return;
  stop.phase = "signalled";
  if (attempt.phase.kind === "hosted") signalMember(turn, attempt);
  if (stop.immediately || spec.stop.graceMs <= 0) {
    killTree(turn, attempt);
    return;
  }
  stop.killAtBootMs = Math.min(stop.killAtBootMs, turn.now.bootMs + spec.stop.graceMs);
  if (attempt.phase.kind !== "hosted")
    turn.effects.push({ kind: "signal-tree", tree: treeOf(attempt), signal: spec.stop.signal });
}

/** Compares the clock with everything that a running attempt has to keep to. */
export function enforceDeadlines(
  turn: Turn,
  attempt: Attempt,
  phase: RunningPhase | HostedPhase,
): void {
  const { spec } = attempt;
  if (spec === null) return;
  // The fence of what runs in a host is that of the host.
  const fenceBootMs = phase.kind === "hosted" ? null : fenceOf(turn.state, attempt);
  if (fenceBootMs !== null) enforceFence(turn, attempt, fenceBootMs, spec.stop.graceMs);
  const { bootMs } = turn.now;
  if (
    spec.timeLimitMs !== null &&
    attempt.stop === null &&
    bootMs - phase.startedBootMs >= spec.timeLimitMs
  ) {
    requestStop(turn, attempt, "timeout", false);
  }
  if (attempt.stop?.phase === "signalled" && bootMs >= attempt.stop.killAtBootMs)
    killTree(turn, attempt);
}

/**
 * The stop signal goes out at min(grace, lease / 4) before the deadline. At the deadline the
 * tree is killed even if the disk has not taken the cause yet: another process may be started
 * elsewhere from then on, and the guardian would do the same without asking the disk.
 */
function enforceFence(turn: Turn, attempt: Attempt, fenceBootMs: number, graceMs: number): void {
  const { bootMs } = turn.now;
  const quarterMs = attempt.leaseMs / 4;
  const leadMs = Math.max(Math.min(graceMs, quarterMs), Math.min(FENCE_RECORD_MS, quarterMs));
  if (attempt.stop === null && bootMs >= fenceBootMs - leadMs)
    requestStop(turn, attempt, "fence", false);
  const { stop } = attempt;
  if (stop === null || bootMs < fenceBootMs) return;
  stop.phase = "signalled";
  stop.killAtBootMs = Math.min(stop.killAtBootMs, bootMs);
}

/** Kills the tree, again at every tick until it is gone, and says so once if it does not go. */
function killTree(turn: Turn, attempt: Attempt): void {
  const { stop } = attempt;
  if (stop === null) return;
  const { bootMs } = turn.now;
  stop.killAtBootMs = Math.min(stop.killAtBootMs, bootMs);
  stop.firstKillBootMs ??= bootMs;
  if (attempt.phase.kind === "hosted") {
    retireHost(turn, attempt);
    return;
  }
  turn.effects.push({ kind: "kill-tree", tree: treeOf(attempt) });
  if (stop.alerted || bootMs - stop.firstKillBootMs < turn.state.limits.killAlertAfterMs) return;
  stop.alerted = true;
  alert(
    turn,
    "tree-survives",
    `Processes of ${attempt.key} survive SIGKILL, probably in uninterruptible I/O (a hung disk or network file system). It stays live until they are gone.`,
  );
}
