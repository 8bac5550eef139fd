import { holdLive } from "./allocation.ts";
import { Agenda } from "./agenda.ts";
import { keyOf, liveAttempt } from "./attempts.ts";
import type { MasterEffect } from "./effect.ts";
import { completeDescription } from "../application/parse-description.ts";
import { AlohaError } from "../error.ts";
import type { Now } from "./input.ts";
import { PlacementQueue } from "../placement/placement-queue.ts";
import { joinLine } from "./key-line.ts";
import type { MasterSettings } from "./settings.ts";
import { marginOf } from "./lease.ts";
import { watch } from "./silence.ts";
import type { LiveApplication, MasterState } from "./state.ts";
import { StepContext } from "./step-context.ts";
import { endStep } from "./step.ts";
import type { StoreSnapshot } from "./store-change.ts";
import { scheduleExpiry } from "./submit.ts";
import { watchLimits } from "./time-limits.ts";
import { modeInService, watchDrain } from "./worker-orders.ts";
import { enqueue } from "./waiting.ts";
import { completeWorker, newWorkerEntry } from "./worker-entry.ts";

export interface CreateMasterOptions {
  readonly settings: MasterSettings;
  /** What the store holds; its cluster record already carries the epoch of this leadership, durably. */
  readonly snapshot: StoreSnapshot;
  readonly now: Now;
}

/**
 * The state of a new leader, made from what is durable. What the workers hold is not believed but
 * asked: every worker counts as heard at this moment, and has a whole lease and margin to report.
 */
export function createMaster(options: CreateMasterOptions): {
  readonly state: MasterState;
  readonly effects: readonly MasterEffect[];
} {
  const { settings, snapshot, now } = options;
  const state = emptyState(settings, snapshot);
  const step = new StepContext(state, now);
  for (const stored of snapshot.workers) {
    const record = completeWorker(stored);
    const worker = newWorkerEntry(record, now.bootMs + settings.authorityMs);
    state.workers.set(record.workerId, worker);
    if (record.mode === "DEAD") {
      const persistenceMs = settings.deadWorkerPersistence * settings.leaseMs;
      state.agenda.add(now.bootMs + persistenceMs, {
        kind: "worker-forgotten",
        workerId: record.workerId,
      });
    } else {
      watch(step, worker);
    }
    watchDrain(step, worker);
    step.stir(worker);
  }
  for (const { application, description } of snapshot.applications) {
    recover(step, {
      record: application,
      description: completeDescription(description),
      launchSent: true,
      accepted: false,
    });
  }
  const requests = [...snapshot.requests].sort((left, right) => left.atMs - right.atMs);
  for (const request of requests) state.requests.set(request.requestId, request);
  if (state.requests.size > 0) scheduleExpiry(step);
  const message = recoveryMessage(state, settings);
  step.emit({
    kind: "master-state-changed",
    to: "RECOVERING",
    epoch: state.cluster.epoch.number,
    message,
  });
  endStep(step);
  return { state, effects: step.effects };
}

function emptyState(settings: MasterSettings, snapshot: StoreSnapshot): MasterState {
  return {
    settings,
    cluster: snapshot.cluster,
    phase: "RECOVERING",
    recovering: new Set(),
    lowSpace: false,
    nextNumber: snapshot.cluster.nextNumber,
    eventSequence: snapshot.lastEventSequence,
    applications: new Map(),
    workers: new Map(),
    requests: new Map(),
    queue: new PlacementQueue({ reserveAfterMs: settings.reserveAfterMs }),
    agenda: new Agenda(),
    counts: new Map(),
    keyLines: new Map(),
    blocked: new Set(),
    timeLimits: new Agenda(),
    delayed: new Set(),
    stirred: new Set(),
    lookUps: new Set(),
    wakeAtMs: Number.POSITIVE_INFINITY,
  };
}

function recover(step: StepContext, application: LiveApplication): void {
  const { state } = step;
  const { record } = application;
  state.applications.set(record.id, application);
  state.counts.set(record.state, (state.counts.get(record.state) ?? 0) + 1);
  joinLine(state, application);
  watchLimits(step, application);
  const attempt = liveAttempt(record);
  if (attempt === undefined) {
    enqueue(step, application);
    return;
  }
  const worker = state.workers.get(attempt.workerId);
  if (worker === undefined) {
    throw new AlohaError(
      "store-corrupt",
      `The store places ${record.id} on worker ${attempt.workerId}, of which it has no record. Restore it from a backup`,
    );
  }
  holdLive(step, worker, keyOf(state, record, attempt), application);
  if (worker.record.mode === modeInService(worker.record)) state.recovering.add(attempt.workerId);
}

function recoveryMessage(state: MasterState, settings: MasterSettings): string {
  const { size } = state.recovering;
  if (size === 0) return `${state.applications.size} applications read, none of which was running`;
  const waitMs = settings.authorityMs + settings.leaseMs + marginOf(settings.leaseMs);
  return `${state.applications.size} applications read; waiting up to ${Math.ceil(waitMs / 1000)} s for ${size} workers to report what they run`;
}
