import { isHostKey } from "@aloha/core";
import type { AttemptKey, StopCause } from "@aloha/core";
import type { GuardianNote, HeldAttempt, SupervisorInput } from "./input.ts";
import type { ExitRecord, JournalEntry } from "./journal-entry.ts";
import type { Attempt, Phase, Stop, SupervisorState } from "./state.ts";
import { signalStop } from "./stop-attempt.ts";
import { addAttempt, journal, recordOutcome, treeOf, type Turn } from "./turn.ts";

interface Found {
  bootId: string;
  phase: Extract<Phase, { kind: "orphaned" }>;
  stop: Attempt["stop"];
}

/**
 * Takes over from an earlier supervisor. What a spawn agent holds goes on. Anything else that was
 * left without an end is killed as far as it is still there, and its end is unknown: nobody saw it.
 * After a reboot there is nothing to kill.
 */
export function onRecovered(
  turn: Turn,
  input: Extract<SupervisorInput, { kind: "recovered" }>,
): void {
  const found = new Map<AttemptKey, Found>();
  for (const entry of input.entries) fold(turn.state, found, entry);
  const left = takeHeld(turn, found, input.held);
  for (const [key, orphan] of left) {
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
    if (orphan.bootId === turn.state.bootId) {
      if (orphan.phase.hosted) turn.state.hosted.orphans.push(key);
      else turn.effects.push({ kind: "kill-tree", tree: treeOf(attempt) });
    } else endedByReboot(turn, attempt, orphan.phase);
  }
  turn.state.detachedAtBootMs = turn.now.bootMs;
}

/** Goes on with what is held, and gives what is not. */
function takeHeld(
  turn: Turn,
  found: ReadonlyMap<AttemptKey, Found>,
  held: readonly HeldAttempt[],
): ReadonlyMap<AttemptKey, Found> {
  const left = new Map(found);
  for (const one of held) {
    const orphan = found.get(one.attempt);
    // Its connection went with the supervisor, so that nobody hears what happens in it.
    if (orphan !== undefined && isHostKey(one.attempt)) continue;
    left.delete(one.attempt);
    if (orphan !== undefined) adopt(turn, one, orphan);
    else if (turn.state.attempts.has(one.attempt))
      turn.effects.push({ kind: "release", attempt: one.attempt });
    else disown(turn, one);
  }
  return left;
}

function adopt(turn: Turn, held: HeldAttempt, found: Found): void {
  const { attempt: key, main, spec, leaseMs, startedAtMs } = held;
  const { exit } = found.phase;
  const attempt: Attempt = {
    key,
    spec,
    deadlineBootMs: held.fenceBootMs ?? turn.now.bootMs,
    leaseMs,
    phase: adoptedPhase(held, exit),
    // The signal may not have been sent; that it is sent twice does no harm.
    stop: found.stop === null ? null : recordedStop(found.stop.cause),
  };
  addAttempt(turn, attempt);
  if (main !== null && found.phase.main === null) {
    const { pid, startTicks } = main;
    journal(turn, { kind: "started", attempt: key, pid, startTicks, startedAtMs });
  }
  if (attempt.phase.kind === "running") signalStop(turn, attempt);
  if (attempt.phase.kind === "emptying")
    turn.effects.push({ kind: "verify-tree", tree: treeOf(attempt) });
}

function adoptedPhase(
  { main, startedAtMs, startedBootMs }: HeldAttempt,
  exit: ExitRecord | null,
): Phase {
  if (main === null) return { kind: "spawning" };
  if (exit === null) return { kind: "running", main, startedAtMs, startedBootMs };
  return {
    kind: "emptying",
    main,
    exit,
    recorded: true,
    leftovers: "unknown",
    killAtBootMs: Number.POSITIVE_INFINITY,
  };
}

/** The journal knows nothing of it, so it was lost with some of what was promised: it must not run on unknown. */
function disown(turn: Turn, { attempt: key, main, startedAtMs }: HeldAttempt): void {
  const attempt: Attempt = {
    key,
    spec: null,
    deadlineBootMs: 0,
    leaseMs: 0,
    phase: { kind: "orphaned", main, exit: null, startedAtMs, hosted: false },
    stop: null,
  };
  addAttempt(turn, attempt);
  turn.effects.push({ kind: "kill-tree", tree: treeOf(attempt) });
}

function recordedStop(cause: StopCause): Stop {
  return {
    cause,
    phase: "recorded",
    immediately: false,
    killAtBootMs: Number.POSITIVE_INFINITY,
    firstKillBootMs: null,
    alerted: false,
  };
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
        phase: {
          kind: "orphaned",
          main: null,
          exit: null,
          startedAtMs: 0,
          hosted: entry.hosted === true,
        },
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
      if (isHostKey(entry.attempt)) return;
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
