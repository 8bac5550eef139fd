import { isHostKey } from "@aloha/core";
import type { AttemptKey, AttemptOutcome, SupervisorReport } from "@aloha/core";
import type { SupervisorEffect, TreeReference } from "./effect.ts";
import type { Now } from "./input.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Attempt, Phase, SupervisorState, Waiter } from "./state.ts";

/** One step under way: what it knows, when it is, and what it has decided so far. */
export interface Turn {
  readonly state: SupervisorState;
  readonly now: Now;
  readonly effects: SupervisorEffect[];
}

/** Appends `entry`, and remembers what is to be done once it is durable. */
export function journal(turn: Turn, entry: JournalEntry, waiter?: Waiter): void {
  const sequence = ++turn.state.sequence;
  turn.effects.push({ kind: "append", sequence, entry });
  if (waiter !== undefined) turn.state.waiting.push({ sequence, waiter });
}

/** Tells the attached worker; one that is not attached yet learns everything from `attached`. */
export function report(turn: Turn, content: SupervisorReport): void {
  const { attached } = turn.state;
  if (attached === null || !attached.answered) return;
  // Hosts are the supervisor's own business.
  if ("attempt" in content && isHostKey(content.attempt)) return;
  turn.effects.push({ kind: "report", connection: attached.connection, report: content });
}

export function alert(turn: Turn, code: string, message: string): void {
  turn.effects.push({ kind: "alert", code, message });
  report(turn, { kind: "alert", code, message });
}

/** Whether the attempt has, or is about to get, processes: it counts against the limit. */
export function isLive(phase: Phase): boolean {
  return phase.kind !== "recording" && phase.kind !== "ended";
}

export function addAttempt(turn: Turn, attempt: Attempt): void {
  turn.state.attempts.set(attempt.key, attempt);
  if (isLive(attempt.phase)) turn.state.liveCount++;
}

/** The live attempts, without the hosts that some of them share. */
export function workCount({ liveCount, hosted }: SupervisorState): number {
  return liveCount - hosted.hosts.size;
}

/** The attempt is over: writes its outcome, which is reported once it is durable. */
export function recordOutcome(turn: Turn, attempt: Attempt, outcome: AttemptOutcome): void {
  if (isLive(attempt.phase)) turn.state.liveCount--;
  // What runs in a host has no processes that anybody but the host knows.
  const isHosted = attempt.spec !== null && attempt.spec.hosted !== null;
  const guarded =
    !isHosted && (fenceOf(turn.state, attempt) !== null || turn.state.containment === "group");
  attempt.phase = { kind: "recording", outcome };
  attempt.spec = null;
  if (guarded) turn.effects.push({ kind: "guard-changed" });
  if (!isHosted) turn.effects.push({ kind: "release", attempt: attempt.key });
  journal(
    turn,
    { kind: "ended", attempt: attempt.key, outcome },
    { kind: "ended", attempt: attempt.key },
  );
}

/** When the attempt is fenced, in boot time; null if it never is. */
export function fenceOf(state: SupervisorState, attempt: Attempt): number | null {
  if (attempt.spec === null || attempt.spec.onDisconnect !== "fence") return null;
  // A host that nobody is in lives on nobody's lease.
  if (state.guardian === "unavailable" || !Number.isFinite(attempt.deadlineBootMs)) return null;
  return attempt.deadlineBootMs;
}

/** Whether anything may be started: someone guards it, or nobody can. */
export function isGuarded({ guardian }: SupervisorState): boolean {
  return guardian === "up" || guardian === "unavailable";
}

/** How the shell finds the attempt's processes. */
export function treeOf(attempt: Attempt): TreeReference {
  const { phase } = attempt;
  const main =
    phase.kind === "running" || phase.kind === "emptying" || phase.kind === "orphaned"
      ? phase.main
      : null;
  return { attempt: attempt.key, main };
}

/** The attempt of that name, if it is known. */
export function attemptOf(turn: Turn, key: AttemptKey): Attempt | undefined {
  return turn.state.attempts.get(key);
}
