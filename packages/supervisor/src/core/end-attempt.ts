import type { AttemptOutcome, StopCause, TreeEnd } from "@aloha/core";
import type { SupervisorInput } from "./input.ts";
import type { ExitRecord } from "./journal-entry.ts";
import type { Attempt, EmptyingPhase } from "./state.ts";
import { attemptOf, fenceOf, journal, recordOutcome, treeOf, type Turn } from "./turn.ts";

type Exited = Extract<SupervisorInput, { kind: "exited" }>;

/** The main process ended. The attempt stays live until its tree is gone and its output read. */
export function onExited(turn: Turn, input: Exited): void {
  const attempt = attemptOf(turn, input.attempt);
  if (attempt?.phase.kind !== "running") return;
  const { main, startedAtMs } = attempt.phase;
  const exit: ExitRecord = {
    exitCode: input.exitCode,
    signal: input.signal,
    stopCause: causeOf(attempt, input.guardianKilled),
    outOfMemory: input.outOfMemory,
    ...(input.message === undefined ? {} : { message: input.message }),
    startedAtMs,
    endedAtMs: turn.now.wallMs,
  };
  journal(
    turn,
    { kind: "exited", attempt: attempt.key, exit },
    { kind: "exited", attempt: attempt.key },
  );
  if (input.treeEmpty !== null) {
    drain(turn, attempt, main, exit, input.treeEmpty);
    return;
  }
  attempt.phase = {
    kind: "emptying",
    main,
    exit,
    recorded: false,
    // Whoever was signalled before keeps its grace period; others get theirs when they are seen.
    leftovers: attempt.stop?.phase === "signalled" ? "signalled" : "unknown",
    killAtBootMs:
      attempt.stop?.phase === "signalled" ? attempt.stop.killAtBootMs : Number.POSITIVE_INFINITY,
  };
  turn.effects.push({ kind: "verify-tree", tree: treeOf(attempt) });
}

/** An exit before any signal is the program's own, whatever was about to happen to it. */
function causeOf(attempt: Attempt, guardianKilled: boolean): StopCause | null {
  if (attempt.stop?.phase === "signalled") return attempt.stop.cause;
  return guardianKilled ? "fence" : null;
}

export function exitIsDurable(turn: Turn, attempt: Attempt): void {
  if (attempt.phase.kind !== "emptying") return;
  attempt.phase.recorded = true;
  if (turn.now.bootMs >= attempt.phase.killAtBootMs) pursueLeftovers(turn, attempt, attempt.phase);
  else signalLeftovers(turn, attempt, attempt.phase);
}

export function onTreeAlive(
  turn: Turn,
  input: Extract<SupervisorInput, { kind: "tree-alive" }>,
): void {
  const attempt = attemptOf(turn, input.attempt);
  if (attempt?.phase.kind !== "emptying") return;
  if (attempt.phase.leftovers === "unknown") attempt.phase.leftovers = "seen";
  signalLeftovers(turn, attempt, attempt.phase);
}

function signalLeftovers(turn: Turn, attempt: Attempt, phase: EmptyingPhase): void {
  if (!phase.recorded || phase.leftovers !== "seen" || attempt.spec === null) return;
  phase.leftovers = "signalled";
  const { stop } = attempt.spec;
  phase.killAtBootMs = turn.now.bootMs + Math.min(stop.graceMs, turn.state.limits.leftoverGraceMs);
  turn.effects.push({ kind: "signal-tree", tree: treeOf(attempt), signal: stop.signal });
}

/** At every tick: kill what has had its time, or look again. */
export function pursueLeftovers(turn: Turn, attempt: Attempt, phase: EmptyingPhase): void {
  const { bootMs } = turn.now;
  const fenceBootMs = fenceOf(turn.state, attempt);
  const overdue = phase.recorded && bootMs >= phase.killAtBootMs;
  const due = overdue || (fenceBootMs !== null && bootMs >= fenceBootMs);
  turn.effects.push({ kind: due ? "kill-tree" : "verify-tree", tree: treeOf(attempt) });
}

export function onTreeEmpty(
  turn: Turn,
  input: Extract<SupervisorInput, { kind: "tree-empty" }>,
): void {
  const attempt = attemptOf(turn, input.attempt);
  if (attempt === undefined) return;
  const { phase } = attempt;
  if (phase.kind === "emptying") drain(turn, attempt, phase.main, phase.exit, input.tree);
  if (phase.kind !== "orphaned") return;
  recordOutcome(
    turn,
    attempt,
    phase.exit === null
      ? lostOutcome(turn, attempt, input.tree)
      : exitOutcome(phase.exit, input.tree),
  );
}

function lostOutcome(turn: Turn, attempt: Attempt, tree: TreeEnd): AttemptOutcome {
  return {
    kind: "exit-unknown",
    reason: "supervisor-lost",
    message: `Whoever supervised ${attempt.key} vanished while it ran. Its processes are gone; how the main one ended was seen by nobody.`,
    stopCause: attempt.stop?.cause ?? null,
    tree,
    endedAtMs: turn.now.wallMs,
  };
}

function drain(
  turn: Turn,
  attempt: Attempt,
  main: EmptyingPhase["main"],
  exit: ExitRecord,
  tree: TreeEnd,
): void {
  attempt.phase = { kind: "draining", main, exit, tree };
  turn.effects.push({ kind: "drain-output", attempt: attempt.key });
}

export function onOutputDrained(
  turn: Turn,
  input: Extract<SupervisorInput, { kind: "output-drained" }>,
): void {
  const attempt = attemptOf(turn, input.attempt);
  if (attempt?.phase.kind !== "draining") return;
  recordOutcome(turn, attempt, exitOutcome(attempt.phase.exit, attempt.phase.tree));
}

/** The outcome of an attempt whose main process was seen to end. */
export function exitOutcome(exit: ExitRecord, tree: TreeEnd): AttemptOutcome {
  return { kind: "exited", ...exit, tree };
}
