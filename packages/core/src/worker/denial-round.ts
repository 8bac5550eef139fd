import { compareEpoch } from "../epoch.ts";
import { isLoopback } from "../loopback.ts";
import type { Probe, ProbeReply } from "../protocol/worker.ts";
import { seekLeader } from "./registration.ts";
import { authorityOf, log, supervise, takeStamp } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import type { AskFailure } from "./worker-input.ts";
import type { WorkerState } from "./worker-state.ts";

/** Rounds follow each other by this part of a lease, so that several fit into it. */
const roundFraction = 6;

/** The part of a lease that one probe may take, and its bounds. */
const probeFraction = 24;
const probeTimeoutMinMs = 500;
const probeTimeoutMaxMs = 5_000;

/**
 * Defends live leases while no leader grants any (DESIGN 4, "Silence is not proof; a denial is"):
 * a stamp is taken, then every master of the durable list is asked whether it leads. Only if each
 * one denies it, nobody can have given the work to another worker, and the leases are extended
 * from that stamp.
 */
export function pursueDenial(step: WorkerStep): void {
  const { state, now } = step;
  const dueAtMs = denialDueAtMs(state);
  if (dueAtMs === null || now.bootMs < dueAtMs) return;
  state.denial.round = { kind: "stamping", stamp: takeStamp(step) };
}

/** When the next round is due; null: none is needed, or one is under way. */
export function denialDueAtMs(state: WorkerState): number | null {
  if (state.denial.round.kind !== "none" || state.link.kind !== "attached") return null;
  if (state.fenced.size === 0 || state.granted === null || state.epochSeen === null) return null;
  return state.masters.length === 0 ? null : state.denial.dueAtMs;
}

/** The time from which an extension counts is noted: now the masters may be asked. */
export function denialStamped(step: WorkerStep, stamp: number): boolean {
  const { state } = step;
  const { denial } = state;
  if (denial.round.kind !== "stamping" || denial.round.stamp !== stamp) return false;
  const nonce = state.random.hex(8);
  const message: Probe = { kind: "probe", workerId: state.identity.workerId, nonce };
  const timeoutMs = Math.round(
    Math.min(
      probeTimeoutMaxMs,
      Math.max(probeTimeoutMinMs, (state.granted?.leaseMs ?? 0) / probeFraction),
    ),
  );
  const waiting = new Map<number, string>();
  for (const master of state.masters) {
    const token = ++state.lastToken;
    waiting.set(token, master);
    step.effects.push({ kind: "ask", to: master, message, token, timeoutMs });
  }
  denial.round = { kind: "asking", stamp, nonce, waiting, denied: true };
  return true;
}

/** One master answered the round's question. */
export function probeAnswered(step: WorkerStep, token: number, answer: ProbeReply): boolean {
  const { state } = step;
  const { round } = state.denial;
  const master = round.kind === "asking" ? round.waiting.get(token) : undefined;
  if (round.kind !== "asking" || master === undefined) return false;
  const isDenial =
    answer.kind === "not-leader" && answer.nonce === round.nonce && answer.state === "STANDBY";
  settleProbe(step, token, isDenial);
  if (answer.kind === "leading" && answer.nonce === round.nonce) {
    const order = compareEpoch(answer.epoch, state.epochSeen);
    if (order === "same" || order === "newer") seekLeader(step, master);
  }
  return true;
}

/** One master did not answer: that denies nothing, unless it is proof that nobody listens there. */
export function probeFailed(step: WorkerStep, token: number, reason: AskFailure): boolean {
  const { state } = step;
  const { round } = state.denial;
  const master = round.kind === "asking" ? round.waiting.get(token) : undefined;
  if (master === undefined) return false;
  settleProbe(step, token, reason === "refused" && (state.trustRefusal || isOnLoopback(master)));
  return true;
}

function settleProbe(step: WorkerStep, token: number, denied: boolean): void {
  const { state, now } = step;
  const { denial, granted, epochSeen } = state;
  const { round } = denial;
  if (round.kind !== "asking") return;
  round.waiting.delete(token);
  if (!denied) round.denied = false;
  if (round.waiting.size > 0) return;
  denial.round = { kind: "none" };
  if (granted === null || epochSeen === null) return;
  denial.dueAtMs = now.bootMs + granted.leaseMs / roundFraction;
  if (!round.denied) return;
  const attempts = [...state.fenced].filter(
    (attempt) => state.attempts.get(attempt)?.clusterId === state.clusterId,
  );
  log(step, "info", "Every master denies leading: leases are extended", {
    attempts: attempts.length,
  });
  supervise(step, {
    kind: "renew",
    attempts,
    stamp: round.stamp,
    leaseMs: granted.leaseMs,
    authority: authorityOf(step, epochSeen),
  });
}

/** Whether `master` (`host:port`) is an address of this very host, where a refusal cannot come from a firewall in between. */
function isOnLoopback(master: string): boolean {
  return isLoopback(master.slice(0, Math.max(0, master.lastIndexOf(":"))));
}
