import { formatHostKey, parseAttemptKey } from "@aloha/core";
import type { AttemptOutcome, StartSpec } from "@aloha/core";
import { lapse } from "../lapse.ts";
import type { Attempt } from "../state.ts";
import { addAttempt, attemptOf, isGuarded, journal, recordOutcome, type Turn } from "../turn.ts";
import { takingHosts, type Host, type Pool } from "./hosted-state.ts";

/** An attempt is accepted, durably: it gets a place in a host, or waits for one. */
export function joinPool(turn: Turn, attempt: Attempt): void {
  const { spec } = attempt;
  const hosted = spec?.hosted ?? null;
  if (spec === null || hosted === null) return;
  attempt.phase = { kind: "queued" };
  const { pools } = turn.state.hosted;
  let pool = pools.get(hosted.pool);
  if (pool === undefined) {
    pool = { spec: withoutOrder(spec), hosts: [], waiting: [] };
    pools.set(hosted.pool, pool);
  }
  pool.waiting.push(attempt.key);
  servePool(turn, hosted.pool, pool);
}

/** Hands out what waits, in every pool: after a guardian came up, and at every tick. */
export function servePools(turn: Turn): void {
  for (const [name, pool] of turn.state.hosted.pools) servePool(turn, name, pool);
}

/** Hands out what waits in one pool, and sees to it that there are hosts for it. */
export function servePool(turn: Turn, name: string, pool: Pool): void {
  const { state } = turn;
  if (!isGuarded(state) || pool.waiting.length === 0) return;
  const { hostMembersMax } = state.limits;
  const waiting = pool.waiting;
  let next = 0;
  while (next < waiting.length) {
    const attempt = attemptOf(turn, waiting[next]!);
    if (attempt?.phase.kind !== "queued") {
      next++;
      continue;
    }
    if (turn.now.bootMs >= attempt.deadlineBootMs) {
      lapse(turn, attempt);
      next++;
      continue;
    }
    const host = takingHosts(pool).find(
      ({ connection, members }) => connection === "open" && members.size < hostMembersMax,
    );
    if (host === undefined) break;
    handOver(turn, pool, host, attempt);
    next++;
  }
  pool.waiting = next === 0 ? waiting : waiting.slice(next);
  if (pool.waiting.length > 0) ensureHost(turn, name, pool);
}

function withoutOrder(spec: StartSpec): StartSpec {
  return { ...spec, hosted: { pool: spec.hosted?.pool ?? "", order: "" } };
}

function handOver(turn: Turn, pool: Pool, host: Host, attempt: Attempt): void {
  const { now, effects } = turn;
  const { spec } = attempt;
  if (spec === null) return;
  const order = spec.hosted?.order ?? "";
  // Thousands may be here at a time: what they have in common is kept once.
  const { stop, timeLimitMs } = spec;
  attempt.spec = { ...pool.spec, stop, timeLimitMs };
  attempt.phase = {
    kind: "hosted",
    host: host.key,
    startedAtMs: now.wallMs,
    startedBootMs: now.bootMs,
    reported: false,
  };
  host.members.set(attempt.key, attempt);
  guardHost(turn, host, attempt);
  effects.push({
    kind: "host-send",
    host: host.key,
    message: { kind: "run", attempt: attempt.key, order },
  });
}

/** The host lives on the lease of its members: on the one that ends first. */
function guardHost(turn: Turn, host: Host, member: Attempt): void {
  const { process } = host;
  if (process.spec?.onDisconnect !== "fence") return;
  process.leaseMs = member.leaseMs;
  if (member.deadlineBootMs >= process.deadlineBootMs) return;
  process.deadlineBootMs = member.deadlineBootMs;
  turn.effects.push({ kind: "guard-changed" });
}

/** One more host, unless one is on its way, or there are as many as there may be. */
function ensureHost(turn: Turn, name: string, pool: Pool): void {
  const { hosted, limits } = turn.state;
  const taking = takingHosts(pool);
  if (taking.some(({ connection }) => connection === "none")) return;
  if (taking.length >= limits.hostsPerPoolMax || hosted.hosts.size >= limits.hostsMax) return;
  const parts = parseAttemptKey(pool.waiting[0]!);
  if (parts !== undefined) startHost(turn, name, pool, parts.clusterId);
}

function startHost(turn: Turn, name: string, pool: Pool, clusterId: string): void {
  const { state, now } = turn;
  const { hosted } = state;
  const { spec } = pool;
  const key = formatHostKey(clusterId, now.wallMs, ++hosted.hostsStarted);
  const used = new Set(pool.hosts.map((host) => host.slot));
  let slot = 0;
  while (used.has(slot)) slot++;
  const process: Attempt = {
    key,
    spec: {
      ...spec,
      environment: {
        ...spec.environment,
        ALOHA_ATTEMPT: key,
        ALOHA_HOST_SOCKET: hosted.socketPath,
      },
      outputDirectory: `${spec.outputDirectory}-${slot}`,
      stop: { signal: "SIGTERM", graceMs: state.limits.hostKillTimeoutMs },
      timeLimitMs: null,
      // What its members reserve comes and goes: none of them bounds the host.
      milliCores: 1000,
      memoryMiB: 0,
      messagePath: null,
      hosted: null,
    },
    deadlineBootMs: Number.POSITIVE_INFINITY,
    leaseMs: 0,
    phase: { kind: "accepting" },
    stop: null,
  };
  const host: Host = {
    key,
    pool: name,
    slot,
    process,
    members: new Map(),
    startedBootMs: now.bootMs,
    connection: "none",
    taking: true,
    killAtBootMs: Number.POSITIVE_INFINITY,
    idleSinceBootMs: now.bootMs,
    end: "none",
  };
  pool.hosts.push(host);
  hosted.hosts.set(key, host);
  addAttempt(turn, process);
  journal(
    turn,
    { kind: "accepted", attempt: key, bootId: state.bootId },
    { kind: "accepted", attempt: key },
  );
}

/** A host ended before it took work: so would the next one, and what waits for it can never run. */
export function refuseWaiting(turn: Turn, pool: Pool, hostOutcome: AttemptOutcome): void {
  const waiting = pool.waiting;
  pool.waiting = [];
  for (const key of waiting) {
    const attempt = attemptOf(turn, key);
    if (attempt?.phase.kind === "queued")
      recordOutcome(turn, attempt, outcomeOfWaiting(turn, hostOutcome));
  }
}

function outcomeOfWaiting(turn: Turn, outcome: AttemptOutcome): AttemptOutcome {
  if (outcome.kind === "rejected" || outcome.kind === "start-failed") return outcome;
  const how =
    outcome.kind === "exited"
      ? `with ${outcome.signal ?? `exit code ${outcome.exitCode}`}`
      : "for a reason that nobody saw";
  return {
    kind: "start-failed",
    code: "spawn-failed",
    message: `The process that it was to share ended ${how} before it took work; its output is in .aloha/hosts of the worker's work directory.`,
    endedAtMs: turn.now.wallMs,
  };
}
