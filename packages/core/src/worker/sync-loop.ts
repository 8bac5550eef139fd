import { needsOf, noResources } from "../placement/resources.ts";
import type { ListedAttempt, Running, Sync } from "../protocol/worker.ts";
import type { HeldAttempt } from "./held-attempt.ts";
import { hasUnsentReports, takeReports } from "./reports.ts";
import { takeStamp } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { SyncState, WorkerState } from "./worker-state.ts";

/** One that the master may hold, and a newer one that carries news. */
const flightsMax = 2;

/** The part of a lease for which a master may hold a Sync (DESIGN 4). */
const holdFraction = 12;

/** Beyond the time a Sync may be held, how long its answer may take at least. */
const answerMarginMs = 1_000;

/**
 * Begins a Sync if one is due: when none is under way, or when there is news and only one is.
 * It waits for a stamp first; news that comes meanwhile goes with it.
 */
export function pursueSync(step: WorkerStep): void {
  const { state, now } = step;
  const dueAtMs = syncDueAtMs(state);
  if (dueAtMs === null || now.bootMs < dueAtMs) return;
  if (state.link.kind === "attached") {
    state.sync.awaitedStamp = takeStamp(step);
  } else {
    // Only reached once the supervisor has ended with all work: leases no longer matter.
    sendSync(step, state.stamp);
  }
}

/** When the next Sync is to begin; null: not before something else happens. */
export function syncDueAtMs(state: WorkerState): number | null {
  const { sync, session, limits } = state;
  if (session.kind !== "serving" || sync.awaitedStamp !== null) return null;
  if (state.link.kind !== "attached" && state.stopping.kind !== "ending-work") return null;
  if (sync.flights.length >= flightsMax) return null;
  const isNews = hasNews(state);
  if (sync.flights.length > 0 && !isNews) return null;
  // A master answers a worker that is stopping at once, and would be asked again at once.
  const isPatient = state.stopping.kind !== "no" && !isNews;
  const spacingMs = isPatient ? limits.stoppingSyncSpacingMs : limits.syncSpacingMs;
  return sync.lastSentAtMs + spacingMs;
}

/** The supervisor noted its time under the stamp that a Sync waits for. */
export function syncStamped(step: WorkerStep, stamp: number): boolean {
  const { state } = step;
  if (state.sync.awaitedStamp !== stamp) return false;
  state.sync.awaitedStamp = null;
  sendSync(step, stamp);
  return true;
}

function hasNews(state: WorkerState): boolean {
  const { sync } = state;
  return (
    hasUnsentReports(state.reports, sync.reportsMax) ||
    sync.applied.some((reply) => reply.listChanged && !reply.named) ||
    (state.stopping.kind !== "no" && !sync.stopTold)
  );
}

function sendSync(step: WorkerStep, stamp: number): void {
  const { state, now } = step;
  const { session, sync } = state;
  if (session.kind !== "serving" || state.epochSeen === null) return;
  const token = ++state.lastToken;
  const outstanding = [...sync.flights, ...sync.replies].map(({ seq }) => seq);
  const applied = sync.applied.map(({ seq }) => seq);
  for (const reply of sync.applied) reply.named = true;
  const message: Sync = {
    kind: "sync",
    workerId: state.identity.workerId,
    incarnation: state.identity.incarnation,
    seq: ++sync.seq,
    epochSeen: state.epochSeen,
    nonce: state.random.hex(8),
    stamp,
    applied,
    outstanding,
    intent: state.stopping.kind === "no" ? "serving" : "stopping",
    reports: takeReports(state.reports, sync.reportsMax),
    running: running(state, sync),
  };
  sync.wantFull = false;
  if (message.intent === "stopping") sync.stopTold = true;
  sync.lastSentAtMs = now.bootMs;
  sync.flights.push({
    seq: message.seq,
    token,
    stamp,
    stampedAtMs: now.bootMs,
    nonce: message.nonce,
    intent: message.intent,
    named: applied,
  });
  const timeoutMs = syncTimeoutMs(session.leaseMs);
  step.effects.push({ kind: "ask", to: session.master, message, token, timeoutMs });
}

/** How long the answer to a Sync may take: the master may hold it, and then needs time to say so. */
function syncTimeoutMs(leaseMs: number): number {
  const holdMs = leaseMs / holdFraction;
  return Math.round(holdMs + Math.max(answerMarginMs, holdMs));
}

function running(state: WorkerState, sync: SyncState): Running {
  if (!sync.wantFull) return { kind: "hash", hash: state.listHash.toString() };
  const attempts: ListedAttempt[] = [];
  for (const held of state.attempts.values()) {
    if (held.listedFrom !== null) attempts.push(listed(held));
  }
  return { kind: "full", attempts };
}

function listed({ attempt, phase, description }: HeldAttempt): ListedAttempt {
  const resources = description?.resources ?? noResources;
  const needs = needsOf(resources);
  return {
    attempt,
    phase: phase.kind === "ended" || phase.kind === "started" ? phase.kind : "accepted",
    milliCores: description?.milliCores ?? 0,
    memoryMiB: description?.memoryMiB ?? 0,
    ...(needs.entries.length === 0 ? {} : { resources }),
  };
}
