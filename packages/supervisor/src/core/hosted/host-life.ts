import { isHostKey } from "@aloha/core";
import type { AttemptKey, AttemptOutcome, HostReport, StopCause, TreeEnd } from "@aloha/core";
import type { Attempt } from "../state.ts";
import { requestStop } from "../stop-attempt.ts";
import { attemptOf, journal, recordOutcome, report, type Turn } from "../turn.ts";
import type { Host } from "./hosted-state.ts";
import { refuseWaiting, servePool } from "./serve-pools.ts";

/** A host says what happened in it. */
export function onHostReports(turn: Turn, key: AttemptKey, reports: readonly HostReport[]): void {
  const host = turn.state.hosted.hosts.get(key);
  if (host === undefined) return;
  for (const one of reports) {
    if (one.kind === "hello") host.connection = "open";
    else onMemberEnded(turn, host, one);
  }
  const pool = turn.state.hosted.pools.get(host.pool);
  if (pool !== undefined) servePool(turn, host.pool, pool);
}

/** A host that cannot be talked to is of no use, and does nothing that anybody hears of. */
export function onHostDisconnected(turn: Turn, key: AttemptKey): void {
  const host = turn.state.hosted.hosts.get(key);
  if (host === undefined) return;
  host.connection = "lost";
  // It may have ended, and its exit is about to be heard: then this changes nothing.
  if (host.process.stop === null) endHost(turn, host, "failed");
}

function onMemberEnded(
  turn: Turn,
  host: Host,
  { attempt: key, exitCode, message }: Extract<HostReport, { kind: "ended" }>,
): void {
  const member = host.members.get(key);
  if (member === undefined || member.phase.kind !== "hosted") return;
  host.members.delete(key);
  if (host.members.size === 0) host.idleSinceBootMs = turn.now.bootMs;
  recordOutcome(turn, member, {
    kind: "exited",
    exitCode,
    signal: null,
    stopCause: causeOf(member, host),
    outOfMemory: false,
    // What it started and left behind lives on in the host, which only its own end empties.
    tree: "best-effort",
    ...(message === null ? {} : { message }),
    startedAtMs: member.phase.startedAtMs,
    endedAtMs: turn.now.wallMs,
  });
}

/** Why a member was asked to end before it did: for its own sake, or with its host. */
function causeOf(member: Attempt, { process, end }: Host): StopCause | null {
  if (member.stop?.phase === "signalled") return member.stop.cause;
  return end === "none" && process.stop?.phase === "signalled" ? process.stop.cause : null;
}

/** At every tick, for each host: what it has to keep to, beside what any process has. */
export function watchHosts(turn: Turn): void {
  const { state, now } = turn;
  for (const host of state.hosted.hosts.values()) {
    keepDeadline(turn, host);
    if (host.process.stop !== null) continue;
    if (host.connection === "none") {
      if (now.bootMs - host.startedBootMs >= state.limits.hostStartMs)
        endHost(turn, host, "failed");
    } else if (host.members.size === 0) {
      const idleMs = now.bootMs - host.idleSinceBootMs;
      if (!host.taking || idleMs >= state.limits.hostIdleMs) endHost(turn, host, "not-needed");
    } else if (now.bootMs >= host.killAtBootMs && isStuck(turn, host)) {
      endHost(turn, host, "killed");
    }
  }
}

/** As members end and renew, the lease that ends first is another one. */
function keepDeadline(turn: Turn, { process, members }: Host): void {
  if (process.spec?.onDisconnect !== "fence" || process.stop?.cause === "fence") return;
  let deadlineBootMs = Number.POSITIVE_INFINITY;
  for (const member of members.values())
    deadlineBootMs = Math.min(deadlineBootMs, member.deadlineBootMs);
  if (deadlineBootMs === process.deadlineBootMs) return;
  process.deadlineBootMs = deadlineBootMs;
  turn.effects.push({ kind: "guard-changed" });
}

/** Whether a member that had its time is still there. */
function isStuck(turn: Turn, { members }: Host): boolean {
  for (const { stop } of members.values()) {
    if (stop?.phase === "signalled" && turn.now.bootMs >= stop.killAtBootMs) return true;
  }
  return false;
}

function endHost(turn: Turn, host: Host, end: Host["end"]): void {
  host.taking = false;
  host.end = end;
  requestStop(turn, host.process, "kill", end !== "not-needed");
}

/** After every step: a host whose process is over takes its members with it. */
export function settleHosts(turn: Turn): void {
  const { hosted } = turn.state;
  for (const host of hosted.hosts.values()) {
    const { phase } = host.process;
    if (phase.kind === "recording" || phase.kind === "ended") hostIsOver(turn, host, phase.outcome);
  }
  if (hosted.orphans.length > 0) settleOrphans(turn);
}

function hostIsOver(turn: Turn, host: Host, outcome: AttemptOutcome): void {
  const { hosted } = turn.state;
  hosted.hosts.delete(host.key);
  for (const member of host.members.values())
    recordOutcome(turn, member, outcomeOfMember(turn, host, member, outcome));
  const pool = hosted.pools.get(host.pool);
  if (pool === undefined) return;
  pool.hosts.splice(pool.hosts.indexOf(host), 1);
  const { stop } = host.process;
  const isOwnFault = stop === null || host.end === "failed";
  if (host.connection === "none" && isOwnFault) refuseWaiting(turn, pool, outcome);
  else servePool(turn, host.pool, pool);
  if (pool.hosts.length === 0 && pool.waiting.length === 0) hosted.pools.delete(host.pool);
}

function outcomeOfMember(
  turn: Turn,
  host: Host,
  member: Attempt,
  outcome: AttemptOutcome,
): AttemptOutcome {
  const tree: TreeEnd = "tree" in outcome ? outcome.tree : "verified";
  const endedAtMs = turn.now.wallMs;
  const startedAtMs = member.phase.kind === "hosted" ? member.phase.startedAtMs : endedAtMs;
  const cause = causeOf(member, host);
  if (cause !== null) {
    return {
      kind: "exited",
      exitCode: null,
      signal: "SIGKILL",
      stopCause: cause,
      outOfMemory: false,
      tree,
      startedAtMs,
      endedAtMs,
    };
  }
  const killed = host.end === "killed";
  return {
    kind: "exit-unknown",
    reason: killed ? "host-killed" : "host-crashed",
    message: killed
      ? "The process that it shared was killed, since another application in it did not stop"
      : `The process that it shared with ${host.members.size - 1} others ended ${howOf(outcome)}; which of them did it is not known`,
    stopCause: null,
    tree,
    endedAtMs,
  };
}

function howOf(outcome: AttemptOutcome): string {
  if (outcome.kind !== "exited") return "unseen";
  const how = outcome.signal ?? `exit code ${outcome.exitCode}`;
  return outcome.outOfMemory ? `with ${how}, since memory ran out` : `with ${how}`;
}

/** What a vanished supervisor had in hosts is over when none of its hosts is left. */
function settleOrphans(turn: Turn): void {
  const { state } = turn;
  for (const { key, phase } of state.attempts.values()) {
    if (phase.kind === "orphaned" && isHostKey(key)) return;
  }
  const orphans = state.hosted.orphans;
  state.hosted.orphans = [];
  for (const key of orphans) {
    const attempt = attemptOf(turn, key);
    if (attempt?.phase.kind !== "orphaned") continue;
    recordOutcome(turn, attempt, {
      kind: "exit-unknown",
      reason: "supervisor-lost",
      message: `The supervisor of ${key} vanished while it ran in a shared host. The host is gone; how the application ended was seen by nobody.`,
      stopCause: attempt.stop?.cause ?? null,
      tree: "verified",
      endedAtMs: turn.now.wallMs,
    });
  }
}

/** The end of a host is durable, and concerns nobody else. */
export function forgetHost(turn: Turn, key: AttemptKey): void {
  turn.state.attempts.delete(key);
  journal(turn, { kind: "forgotten", attempts: [key] });
}

/** Tells the worker of a member that has run for a while: short ones are heard of at their end alone. */
export function reportStarted(turn: Turn, member: Attempt): void {
  if (member.phase.kind !== "hosted" || member.phase.reported) return;
  member.phase.reported = true;
  const host = turn.state.hosted.hosts.get(member.phase.host);
  const process = host?.process.phase;
  report(turn, {
    kind: "started",
    attempt: member.key,
    pid: process?.kind === "running" ? process.main.pid : 0,
    startedAtMs: member.phase.startedAtMs,
  });
}
