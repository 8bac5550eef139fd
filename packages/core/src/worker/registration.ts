import { compareEpoch } from "../epoch.ts";
import { workerProtocolVersion } from "../protocol/worker.ts";
import type { Register, RegisterReply, Registered } from "../protocol/worker.ts";
import { journal } from "./journal.ts";
import { backoffMs, clearAlert, log, raiseAlert } from "./worker-step.ts";
import type { WorkerStep } from "./worker-step.ts";
import { NEVER_MS } from "./worker-state.ts";
import type { Session, WorkerState } from "./worker-state.ts";

/** The part of a lease within which a fresh registration brings its first grant. */
const graceFraction = 24;

/** Asks the next master to take this worker, if none serves it and the wait is over. */
export function seekMaster(step: WorkerStep): void {
  const { state, now } = step;
  const { session } = state;
  if (session.kind !== "seeking" || state.link.kind !== "attached" || now.bootMs < session.atMs) {
    return;
  }
  const candidates = knownMasters(state);
  const master = session.next ?? candidates[state.masterCursor++ % Math.max(1, candidates.length)];
  if (master === undefined) {
    raiseAlert(step, "no-master", "No master is known: name one, as host:port.");
    state.session = { ...session, atMs: Number.POSITIVE_INFINITY };
    return;
  }
  const token = ++state.lastToken;
  const message = registerMessage(state, state.random.hex(8));
  state.session = {
    kind: "registering",
    master,
    token,
    nonce: message.nonce,
    tried: session.tried + 1,
  };
  step.effects.push({
    kind: "ask",
    to: master,
    message,
    token,
    timeoutMs: state.limits.registerTimeoutMs,
  });
}

/** Everyone who may lead: the durable list first, then those named at the start. */
export function knownMasters(state: WorkerState): readonly string[] {
  return [...new Set([...state.masters, ...state.seeds])];
}

/** The answer to a `register`. */
export function registerAnswered(step: WorkerStep, token: number, answer: RegisterReply): boolean {
  const { session } = step.state;
  if (session.kind !== "registering" || session.token !== token) return false;
  switch (answer.kind) {
    case "registered":
      registered(step, session.master, answer);
      break;
    case "not-leader":
      masterFailed(step, `${session.master} does not lead`, hintOf(session, answer));
      break;
    case "register-refused":
      raiseAlert(
        step,
        answer.code === "other-cluster" ? "other-cluster" : "register-refused",
        `${session.master} refuses this worker (${answer.code}): ${answer.message}`,
      );
      masterFailed(step, `${session.master} refused: ${answer.message}`, null);
      break;
  }
  return true;
}

/** A `register` brought no answer. */
export function registerFailed(step: WorkerStep, token: number, message: string): boolean {
  const { session } = step.state;
  if (session.kind !== "registering" || session.token !== token) return false;
  masterFailed(step, `${session.master}: ${message}`, null);
  return true;
}

/** The registration is on disk: the Sync loop begins. */
export function joined(step: WorkerStep): void {
  const { state } = step;
  const { session } = state;
  if (session.kind !== "joining") return;
  state.session = { kind: "serving", master: session.master, leaseMs: session.leaseMs };
  state.sync.wantFull = true;
  state.reports.lastSentId = 0;
  log(step, "info", "Registered with the leader", { master: session.master });
}

/**
 * Leaves the master that served: what is on its way to it is dropped, never to be obeyed, and
 * another registration begins, with `next` first.
 */
export function leaveMaster(step: WorkerStep, why: string, next: string | null): void {
  const { state, now } = step;
  const { session } = state;
  if (session.kind !== "serving") return;
  state.sync.flights = [];
  state.sync.stopTold = false;
  state.sync.awaitedStamp = null;
  for (const reply of state.sync.applied) reply.named = false;
  const delayMs =
    state.seekFailures === 0
      ? Math.round(state.random.fraction() * state.limits.seekBackoffInitialMs)
      : seekDelayMs(step);
  state.seekFailures++;
  state.session = {
    kind: "seeking",
    next: next ?? session.master,
    tried: 0,
    atMs: now.bootMs + delayMs,
  };
  log(step, "warn", "Left the master", { master: session.master, reason: why });
}

/** Asks `master` next and at once, since it said that it leads. */
export function seekLeader(step: WorkerStep, master: string): void {
  const { state, now } = step;
  const { session } = state;
  if (session.kind === "seeking") {
    state.session = { ...session, next: master, atMs: now.bootMs };
  } else if (session.kind === "serving" && session.master !== master) {
    leaveMaster(step, `${master} says that it leads`, master);
  }
}

function registered(step: WorkerStep, master: string, answer: Registered): void {
  const { state } = step;
  const sameCluster = answer.clusterId === state.clusterId;
  // The epochs of two clusters have nothing to do with each other.
  const order = sameCluster ? compareEpoch(answer.epoch, state.epochSeen) : "newer";
  if (order === "older") {
    masterFailed(step, `${master} leads under an epoch that was superseded`, null);
    return;
  }
  if (order === "conflict") {
    conflictingEpoch(step, master, answer.epoch.number);
    masterFailed(step, `${master} leads under a conflicting epoch`, null);
    return;
  }
  const strangers = [...state.attempts.values()].filter(
    (held) => held.clusterId !== answer.clusterId,
  ).length;
  if (strangers === 0) clearAlert(step, "other-cluster");
  else {
    raiseAlert(
      step,
      "other-cluster",
      `This worker still holds ${strangers} attempt(s) of another cluster than ${answer.clusterId}, which ${master} leads. They stay supervised; their leases are not renewed.`,
    );
  }
  clearAlert(step, "register-refused");
  clearAlert(step, "no-master");
  clearAlert(step, "epoch-conflict");
  state.clusterId = answer.clusterId;
  state.epochSeen = answer.epoch;
  state.masters = answer.masters;
  // The first grant follows at once; a round before it would only be noise.
  state.denial.dueAtMs = step.now.bootMs + answer.leaseMs / graceFraction;
  state.granted ??= { leaseMs: answer.leaseMs, stampedAtMs: NEVER_MS };
  state.session = { kind: "joining", master, leaseMs: answer.leaseMs };
  const { clusterId, epoch, leaseMs, masters } = answer;
  journal(step, [{ kind: "joined", clusterId, epoch, leaseMs, masters }], { kind: "joined" });
}

/** Two leaderships under one number: only a restored store can bring that about, and an operator must look. */
export function conflictingEpoch(step: WorkerStep, master: string, number: number): void {
  raiseAlert(
    step,
    "epoch-conflict",
    `${master} leads under epoch ${number}, but this worker has seen another leadership with the same number. Its orders are refused; was its store restored from a backup?`,
  );
}

/** One master did not take this worker: ask whom it named, else the next, else wait. */
function masterFailed(step: WorkerStep, why: string, hint: string | null): void {
  const { state, now } = step;
  const { session } = state;
  if (session.kind !== "registering") return;
  const count = knownMasters(state).length;
  const { tried } = session;
  // Two masters that each take the other for the leader must not keep the worker running in circles.
  if (hint !== null && hint !== session.master && tried <= 2 * count) {
    state.session = { kind: "seeking", next: hint, tried, atMs: now.bootMs };
    return;
  }
  if (tried < count) {
    state.session = { kind: "seeking", next: null, tried, atMs: now.bootMs };
    return;
  }
  state.session = { kind: "seeking", next: null, tried: 0, atMs: now.bootMs + seekDelayMs(step) };
  state.seekFailures++;
  if (state.seekFailures === 1) {
    log(step, "warn", "No master took this worker", { last: why });
    return;
  }
  // Said once, and then stands: the log does not fill up while masters are away.
  const masters = knownMasters(state).join(", ");
  raiseAlert(
    step,
    "no-master",
    `No master takes this worker (${masters}). It keeps its work and keeps trying.`,
  );
}

function seekDelayMs(step: WorkerStep): number {
  const { seekBackoffInitialMs, seekBackoffMaxMs } = step.state.limits;
  return backoffMs(step, step.state.seekFailures, seekBackoffInitialMs, seekBackoffMaxMs);
}

function hintOf(
  session: Extract<Session, { kind: "registering" }>,
  answer: { readonly nonce: string; readonly leader: string | null },
): string | null {
  return answer.nonce === session.nonce ? answer.leader : null;
}

function registerMessage(state: WorkerState, nonce: string): Register {
  const { identity, host } = state;
  return {
    kind: "register",
    version: workerProtocolVersion,
    workerId: identity.workerId,
    hostId: identity.hostId,
    bootId: host?.bootId ?? "",
    incarnation: identity.incarnation,
    epochSeen: state.epochSeen,
    clusterIdSeen: state.clusterId,
    nonce,
    address: identity.address,
    milliCores: identity.milliCores,
    memoryMiB: identity.memoryMiB,
    resources: identity.resources,
    logs: state.logs,
    labels: identity.labels,
    containment: host?.containment ?? "group",
    guarded: host?.guarded ?? false,
    softwareVersion: identity.softwareVersion,
  };
}
