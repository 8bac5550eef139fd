import type { ProcessIdentity } from "@aloha/runtime";
import { exitOutcome } from "./end-attempt.ts";
import type { ExitRecord } from "./journal-entry.ts";
import type { Attempt } from "./state.ts";
import { alert, journal, recordOutcome, treeOf, type Turn } from "./turn.ts";

/**
 * Nobody sees the ends of what the agent had started, and nobody guards it: all of it is killed, and
 * what did not end before ends with an exit that nobody knows.
 */
export function onAgentLost(turn: Turn, message: string): void {
  turn.state.guardian = "lost";
  turn.effects.push({ kind: "start-guardian" });
  alert(
    turn,
    "agent-lost",
    `The spawn agent vanished (${message}); every live attempt is being killed, and a new agent started.`,
  );
  for (const attempt of turn.state.attempts.values()) abandon(turn, attempt);
}

function abandon(turn: Turn, attempt: Attempt): void {
  const { phase } = attempt;
  switch (phase.kind) {
    case "spawning":
      orphan(turn, attempt, null, null, turn.now.wallMs);
      return;
    case "running":
      orphan(turn, attempt, phase.main, null, phase.startedAtMs);
      return;
    case "emptying":
      orphan(turn, attempt, phase.main, phase.exit, phase.exit.startedAtMs);
      return;
    case "draining":
      // Its output is as complete as it can get.
      recordOutcome(turn, attempt, exitOutcome(phase.exit, phase.tree));
      return;
    case "hosted":
      // Its host is abandoned, and takes it along.
      return;
    case "accepting":
    case "queued":
    case "orphaned":
    case "recording":
    case "ended":
      return;
  }
}

function orphan(
  turn: Turn,
  attempt: Attempt,
  main: ProcessIdentity | null,
  exit: ExitRecord | null,
  startedAtMs: number,
): void {
  attempt.phase = { kind: "orphaned", main, exit, startedAtMs, hosted: false };
  attempt.spec = null;
  if (attempt.stop === null && exit === null) {
    const cause = "supervision-lost";
    attempt.stop = {
      cause,
      phase: "signalled",
      immediately: true,
      killAtBootMs: 0,
      firstKillBootMs: null,
      alerted: false,
    };
    journal(turn, { kind: "stop", attempt: attempt.key, cause });
  }
  turn.effects.push({ kind: "kill-tree", tree: treeOf(attempt) });
}
