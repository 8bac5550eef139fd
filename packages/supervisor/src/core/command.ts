import type { AttemptKey, SupervisorCommand } from "@aloha/core";
import { onAttach } from "./attach.ts";
import { checkAuthority } from "./authority.ts";
import { acceptStart, answerKnownStart, reject } from "./start-attempt.ts";
import { requestStop } from "./stop-attempt.ts";
import {
  alert,
  attemptOf,
  fenceOf,
  isLive,
  journal,
  report,
  workCount,
  type Turn,
} from "./turn.ts";

/** Keeps a journal entry far below the longest that a journal takes. */
const FORGOTTEN_PER_ENTRY_MAX = 1_000;

/** Carries out a command of the worker, or puts it off until its epoch is durable. */
export function onCommand(turn: Turn, connection: number, command: SupervisorCommand): void {
  const { state } = turn;
  if (command.kind === "attach") {
    onAttach(turn, connection, command);
    return;
  }
  if (state.attached?.connection !== connection) {
    turn.effects.push({ kind: "disconnect", connection });
    return;
  }
  // What follows a command that waits must wait too, or the order would be lost.
  if (state.deferred.length > 0 || !obey(turn, command)) defer(turn, connection, command);
}

/** After an epoch became durable. */
export function obeyDeferred(turn: Turn): void {
  const waiting = turn.state.deferred;
  turn.state.deferred = [];
  for (const { connection, command } of waiting) onCommand(turn, connection, command);
}

function defer(turn: Turn, connection: number, command: SupervisorCommand): void {
  const { deferred, limits } = turn.state;
  if (deferred.length < limits.deferredMax) deferred.push({ connection, command });
  // The worker attaches again and repeats itself.
  else turn.effects.push({ kind: "disconnect", connection });
}

/** False if the command has to wait. */
function obey(turn: Turn, command: Exclude<SupervisorCommand, { kind: "attach" }>): boolean {
  switch (command.kind) {
    case "stamp":
      noteStamp(turn, command.stamp);
      return true;
    case "start":
      return obeyStart(turn, command);
    case "renew":
      return obeyRenew(turn, command);
    case "kill":
      return obeyKill(turn, command);
    case "forget":
      forget(turn, command.attempts);
      return true;
    case "shutdown":
      shutDown(turn, command.killAll);
      return true;
  }
}

/** The first time of a stamp counts: an earlier deadline is the safe one. */
function noteStamp(turn: Turn, stamp: number): void {
  const { stamps, limits } = turn.state;
  if (!stamps.has(stamp)) stamps.set(stamp, turn.now.bootMs);
  for (const oldest of stamps.keys()) {
    if (stamps.size <= limits.stampsMax) break;
    stamps.delete(oldest);
  }
  report(turn, { kind: "stamped", stamp });
}

function obeyStart(turn: Turn, command: Extract<SupervisorCommand, { kind: "start" }>): boolean {
  const check = checkAuthority(turn, command.authority, [command.attempt]);
  if (check === "defer") return false;
  if (answerKnownStart(turn, command)) return true;
  if (check === "stale")
    reject(turn, command, "stale-epoch", "a newer leader or a newer start of the worker is known");
  else acceptStart(turn, command);
  return true;
}

/** Moves deadlines later, never earlier, and never that of an attempt whose time has come. */
function obeyRenew(turn: Turn, command: Extract<SupervisorCommand, { kind: "renew" }>): boolean {
  const check = checkAuthority(turn, command.authority, command.attempts);
  if (check !== "ok") return check !== "defer";
  const stampBootMs = turn.state.stamps.get(command.stamp);
  if (stampBootMs === undefined) return true;
  const deadlineBootMs = stampBootMs + command.leaseMs;
  let changed = false;
  for (const key of command.attempts) {
    const attempt = attemptOf(turn, key);
    if (attempt === undefined || !isLive(attempt.phase) || deadlineBootMs <= attempt.deadlineBootMs)
      continue;
    const fenced = attempt.stop?.cause === "fence" || fenceOf(turn.state, attempt) !== null;
    if (fenced && (turn.now.bootMs >= attempt.deadlineBootMs || attempt.stop?.cause === "fence"))
      continue;
    attempt.deadlineBootMs = deadlineBootMs;
    attempt.leaseMs = command.leaseMs;
    changed ||= fenced;
  }
  if (changed) turn.effects.push({ kind: "guard-changed" });
  return true;
}

function obeyKill(turn: Turn, command: Extract<SupervisorCommand, { kind: "kill" }>): boolean {
  const check = checkAuthority(turn, command.authority, [command.attempt]);
  if (check === "defer") return false;
  if (check === "stale") {
    alert(
      turn,
      "stale-kill",
      `A kill of ${command.attempt} was refused: a newer leader or a newer start of the worker is known.`,
    );
    return true;
  }
  const attempt = attemptOf(turn, command.attempt);
  if (attempt === undefined) report(turn, { kind: "unknown-attempt", attempt: command.attempt });
  else if (attempt.phase.kind === "ended") {
    report(turn, { kind: "ended", attempt: attempt.key, outcome: attempt.phase.outcome });
  } else requestStop(turn, attempt, command.cause ?? "kill", command.immediately);
  return true;
}

function forget(turn: Turn, keys: readonly AttemptKey[]): void {
  const attempts = keys.filter((key) => attemptOf(turn, key)?.phase.kind === "ended");
  if (attempts.length === 0) return;
  for (const key of attempts) turn.state.attempts.delete(key);
  for (let at = 0; at < attempts.length; at += FORGOTTEN_PER_ENTRY_MAX) {
    journal(turn, {
      kind: "forgotten",
      attempts: attempts.slice(at, at + FORGOTTEN_PER_ENTRY_MAX),
    });
  }
}

function shutDown(turn: Turn, killAll: boolean): void {
  const { state } = turn;
  const live = workCount(state);
  if (live > 0 && !killAll) {
    const message = `${live} attempts are live. Stop them first, or shut down with killAll.`;
    report(turn, { kind: "shutdown-refused", message });
    return;
  }
  state.stopping = "when-empty";
  for (const attempt of state.attempts.values()) requestStop(turn, attempt, "kill", true);
}
