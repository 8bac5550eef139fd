import { invariant } from "../error.ts";
import type { AttemptKey } from "../attempt-key.ts";
import type { Directive, SyncReply } from "../protocol/worker.ts";
import { marginOf } from "./lease.ts";
import type { HeldSync, SentDirectives, WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";

/** Directives in one reply, and an estimate of their bytes: well below an RPC frame of 1 MiB. */
const directivesMax = 256;
const directiveBytesMax = 512 * 1024;

/** Whether this worker should hear from the master now, rather than when its Sync has been held long enough. */
export function hasNews(worker: WorkerEntry): boolean {
  return (
    worker.toLaunch.size > 0 ||
    worker.toKill.size > 0 ||
    worker.toForget.size > 0 ||
    worker.acks.length > 0 ||
    worker.wantFull ||
    worker.held?.intent === "stopping"
  );
}

/** Answers the Sync that is held for this worker with all that there is to say, within the limits of one reply. */
export function answerHeld(step: StepContext, worker: WorkerEntry): void {
  const held = worker.held;
  invariant(held !== null, `no Sync is held for ${worker.record.workerId}`);
  worker.held = null;
  const directives = takeDirectives(worker);
  const acks = worker.acks;
  worker.acks = [];
  const reply = replyTo(step, worker, held, directives, acks);
  const urgent =
    directives.length === 0 && acks.length === 0 && !reply.wantFull && held.intent === "serving";
  step.answer(held.token, { kind: "sync", reply }, { urgent });
}

/**
 * Answers an older Sync, which a newer one has overtaken: it renews what it listed, and says nothing.
 * The longer lease of a worker that stops must not overtake the commit that makes it durable.
 */
export function answerOvertaken(step: StepContext, worker: WorkerEntry, held: HeldSync): void {
  step.answer(
    held.token,
    { kind: "sync", reply: replyTo(step, worker, held, [], []) },
    { urgent: held.intent === "serving" },
  );
}

function replyTo(
  step: StepContext,
  worker: WorkerEntry,
  held: HeldSync,
  directives: readonly Directive[],
  acks: readonly number[],
): SyncReply {
  const { settings, cluster } = step.state;
  const leaseMs = held.intent === "stopping" ? settings.maintenanceLeaseMs : settings.leaseMs;
  if (leaseMs > settings.leaseMs)
    worker.longLeaseEndsAtMs = step.now.bootMs + leaseMs + marginOf(leaseMs);
  return {
    kind: "sync-reply",
    seq: held.seq,
    epoch: cluster.epoch,
    leaseMs,
    masters: settings.masters,
    directives,
    acks,
    wantFull: worker.wantFull,
  };
}

function takeDirectives(worker: WorkerEntry): readonly Directive[] {
  const seq = worker.seq;
  const directives: Directive[] = [];
  let bytes = 0;
  const full = (): boolean => directives.length >= directivesMax || bytes >= directiveBytesMax;
  const kills: AttemptKey[] = [];
  for (const [attempt, { immediately }] of worker.toKill) {
    if (full()) break;
    directives.push({ kind: "kill", attempt, immediately });
    kills.push(attempt);
    worker.toKill.delete(attempt);
    worker.killing.set(attempt, { immediately });
  }
  const forgets = new Set<AttemptKey>();
  for (const attempt of worker.toForget) {
    if (full()) break;
    directives.push({ kind: "forget", attempt });
    forgets.add(attempt);
    worker.toForget.delete(attempt);
  }
  const launches = new Set<AttemptKey>();
  for (const attempt of worker.toLaunch) {
    if (full()) break;
    const application = worker.live.get(attempt);
    worker.toLaunch.delete(attempt);
    if (application === undefined) continue;
    const { description } = application;
    directives.push({ kind: "launch", attempt, description });
    bytes += descriptionBytes(description);
    launches.add(attempt);
    application.launchSent = true;
  }
  if (directives.length > 0) worker.sent.set(seq, { launches, forgets, kills });
  return directives;
}

function descriptionBytes(description: {
  readonly args: string | readonly string[];
  readonly environment: object;
}): number {
  const { args, environment } = description;
  let bytes =
    512 +
    (typeof args === "string" ? args.length : args.reduce((sum, arg) => sum + arg.length + 8, 0));
  for (const [name, value] of Object.entries(environment)) {
    bytes += name.length + (typeof value === "string" ? value.length : 32) + 8;
  }
  return 3 * bytes;
}

/**
 * A Sync has said which replies were obeyed and which are still awaited: what was in any other one
 * is lost and goes out again.
 */
export function settleSent(
  step: StepContext,
  worker: WorkerEntry,
  applied: readonly number[],
  outstanding: readonly number[],
): void {
  for (const [seq, directives] of worker.sent) {
    if (outstanding.includes(seq)) continue;
    worker.sent.delete(seq);
    if (applied.includes(seq)) {
      directives.launches.forEach((attempt) => list(worker, attempt));
      directives.forgets.forEach((attempt) => unlist(worker, attempt));
    } else {
      sendAgain(step, worker, directives);
    }
  }
}

function sendAgain(step: StepContext, worker: WorkerEntry, lost: SentDirectives): void {
  for (const attempt of lost.launches) {
    const application = worker.live.get(attempt);
    if (
      application !== undefined &&
      !application.accepted &&
      application.record.killRequest === null
    ) {
      worker.toLaunch.add(attempt);
    }
  }
  lost.forgets.forEach((attempt) => worker.toForget.add(attempt));
  repeatKills(worker, lost.kills);
  step.stir(worker);
}

/** Kills that were sent and whose trees are not gone go out again: those of `attempts`, or all. */
export function repeatKills(
  worker: WorkerEntry,
  attempts: Iterable<AttemptKey> = worker.killing.keys(),
): void {
  for (const attempt of attempts) {
    const kill = worker.killing.get(attempt);
    if (kill !== undefined) worker.toKill.set(attempt, kill);
  }
}

/** Whether a reply that may still be obeyed launches this attempt. */
export function isLaunchUnderWay(worker: WorkerEntry, attempt: AttemptKey): boolean {
  if (worker.toLaunch.has(attempt)) return true;
  for (const sent of worker.sent.values()) {
    if (sent.launches.has(attempt)) return true;
  }
  return false;
}

/** Whether the worker has been or is about to be told to forget this attempt. */
export function isForgetUnderWay(worker: WorkerEntry, attempt: AttemptKey): boolean {
  if (worker.toForget.has(attempt)) return true;
  for (const sent of worker.sent.values()) {
    if (sent.forgets.has(attempt)) return true;
  }
  return false;
}

function list(worker: WorkerEntry, attempt: AttemptKey): void {
  if (worker.listed.has(attempt)) return;
  worker.listed.add(attempt);
  worker.listHash.add(attempt);
}

function unlist(worker: WorkerEntry, attempt: AttemptKey): void {
  if (worker.listed.delete(attempt)) worker.listHash.remove(attempt);
}
