import type { AttemptKey } from "@aloha/core";
import type { GuardianNote, SupervisorInput } from "./input.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Attempt, Phase, SupervisorState } from "./state.ts";
import { addAttempt, journal, recordOutcome, treeOf, type Turn } from "./turn.ts";

interface Found {
  bootId: string;
  phase: Extract<Phase, { kind: "orphaned" }>;
  stop: Attempt["stop"];
}

/**
 * Takes over from an earlier supervisor. What it left without an end is killed as far as it
 * is still there, and its end is unknown: nobody saw it. After a reboot there is nothing to kill.
 */
export function onRecovered(
  turn: Turn,
  input: Extract<SupervisorInput, { kind: "recovered" }>,
): void {
  const found = new Map<AttemptKey, Found>();
  for (const entry of input.entries) fold(turn.state, found, entry);
  for (const [key, orphan] of found) {
    const attempt: Attempt = {
      key,
      spec: null,
      deadlineBootMs: 0,
      leaseMs: 0,
      phase: orphan.phase,
      stop: orphan.stop,
    };
    addAttempt(turn, attempt);
    noteGuardian(turn, attempt, input.notes);
    if (orphan.bootId === turn.state.bootId)
      turn.effects.push({ kind: "kill-tree", tree: treeOf(attempt) });
    else endedByReboot(turn, attempt, orphan.phase);
  }
  turn.state.detachedAtBootMs = turn.now.bootMs;
}

function fold(state: SupervisorState, found: Map<AttemptKey, Found>, entry: JournalEntry): void {
  switch (entry.kind) {
    case "worker":
      state.worker = { workerId: entry.workerId, incarnation: entry.incarnation };
      return;
    case "epoch":
      state.epochs.delete(entry.clusterId);
      state.epochs.set(entry.clusterId, { seen: entry.epoch, durable: entry.epoch });
      return;
    case "accepted":
      found.set(entry.attempt, {
        bootId: entry.bootId,
        phase: { kind: "orphaned", main: null, exit: null, startedAtMs: 0 },
        stop: null,
      });
      return;
    case "started":
      update(found, entry.attempt, (orphan) => {
        const { pid, startTicks, startedAtMs } = entry;
        const main = { pid, startTicks, bootId: orphan.bootId };
        orphan.phase = { ...orphan.phase, main, startedAtMs };
      });
      return;
    case "stop":
      update(found, entry.attempt, (orphan) => {
        orphan.stop = {
          cause: entry.cause,
          phase: "signalled",
          immediately: true,
          killAtBootMs: 0,
          firstKillBootMs: null,
          alerted: false,
        };
      });
      return;
    case "exited":
      update(found, entry.attempt, (orphan) => {
        orphan.phase = { ...orphan.phase, exit: entry.exit };
      });
      return;
    case "ended":
      found.delete(entry.attempt);
      state.attempts.set(entry.attempt, {
        key: entry.attempt,
        spec: null,
        deadlineBootMs: 0,
        leaseMs: 0,
        phase: { kind: "ended", outcome: entry.outcome },
        stop: null,
      });
      return;
    case "forgotten":
      for (const key of entry.attempts) state.attempts.delete(key);
      return;
  }
}

function update(
  found: Map<AttemptKey, Found>,
  key: AttemptKey,
  change: (orphan: Found) => void,
): void {
  const orphan = found.get(key);
  if (orphan !== undefined) change(orphan);
}

/** The guardian fenced it while the supervisor was stopped or gone: that is why it ended. */
function noteGuardian(turn: Turn, attempt: Attempt, notes: readonly GuardianNote[]): void {
  const note = notes.find((candidate) => candidate.attempt === attempt.key);
  if (note === undefined || attempt.stop !== null) return;
  attempt.stop = {
    cause: note.cause,
    phase: "signalled",
    immediately: true,
    killAtBootMs: 0,
    firstKillBootMs: null,
    alerted: false,
  };
  journal(turn, { kind: "stop", attempt: attempt.key, cause: note.cause });
}

function endedByReboot(turn: Turn, attempt: Attempt, phase: Found["phase"]): void {
  if (phase.exit !== null) {
    recordOutcome(turn, attempt, { kind: "exited", ...phase.exit, tree: "verified" });
    return;
  }
  recordOutcome(turn, attempt, {
    kind: "exit-unknown",
    reason: "host-rebooted",
    message: `The host was restarted while ${attempt.key} ran.`,
    stopCause: attempt.stop?.cause ?? null,
    tree: "verified",
    endedAtMs: turn.now.wallMs,
  });
}
