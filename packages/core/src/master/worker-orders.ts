/**
 * What operators say about a worker: that it be given no more work, that it may have work again, how
 * it is labelled. Each is durable before it is answered.
 */
import type { MasterInput } from "./input.ts";
import type { WorkerEntry } from "./state.ts";
import type { StepContext } from "./step-context.ts";
import type { WorkerMode, WorkerRecord } from "./store-change.ts";
import { viewWorker } from "./view-worker.ts";
import { workerLabels } from "./worker-labels.ts";

/** Labels that a worker can have, its configuration's included. */
const labelsMax = 64;

type DrainWorker = Extract<MasterInput, { readonly kind: "drain-worker" }>;
type ResumeWorker = Extract<MasterInput, { readonly kind: "resume-worker" }>;
type LabelWorker = Extract<MasterInput, { readonly kind: "label-worker" }>;
type ShowWorker = Extract<MasterInput, { readonly kind: "show-worker" }>;

export function showWorker(step: StepContext, { token, workerId }: ShowWorker): void {
  withWorker(step, token, workerId, () => undefined);
}

/** Nothing more is placed on it. What runs there may go on, until the deadline if there is one. Asked again, the newer deadline counts. */
export function drainWorker(step: StepContext, input: DrainWorker): void {
  withWorker(step, input.token, input.workerId, (worker) => {
    const { drain, mode } = worker.record;
    const deadlineAtMs = input.deadlineMs === null ? null : step.now.wallMs + input.deadlineMs;
    spare(worker);
    const message = input.reason === "" ? "Drained" : `Drained: ${input.reason}`;
    step.changeWorker(
      worker,
      {
        drain: { atMs: drain?.atMs ?? step.now.wallMs, deadlineAtMs, reason: input.reason },
        ...(mode === "ALIVE" ? { mode: "DRAINING" } : {}),
      },
      message,
    );
    watchDrain(step, worker);
    return undefined;
  });
}

export function resumeWorker(step: StepContext, { token, workerId }: ResumeWorker): void {
  withWorker(step, token, workerId, (worker) => {
    if (worker.record.drain === null) return undefined;
    spare(worker);
    const { mode } = worker.record;
    step.changeWorker(
      worker,
      { drain: null, ...(mode === "DRAINING" ? { mode: "ALIVE" } : {}) },
      "May be given work again",
    );
    return undefined;
  });
}

/** Sets labels, or removes those that are null; those of the worker's own configuration too. */
export function labelWorker(step: StepContext, { token, workerId, labels }: LabelWorker): void {
  withWorker(step, token, workerId, (worker) => {
    const labelsSet = withoutNeedless({ ...worker.record.labelsSet, ...labels }, worker.record);
    const count = Object.keys(workerLabels({ ...worker.record, labelsSet })).length;
    if (count > labelsMax) return `A worker can have ${labelsMax} labels, and this makes ${count}`;
    step.changeWorker(worker, { labelsSet });
    return undefined;
  });
}

/** The mode of a worker that is heard and has told what it holds. */
export function modeInService({ drain }: WorkerRecord): WorkerMode {
  return drain === null ? "ALIVE" : "DRAINING";
}

/** Notes when what still runs on a drained worker is to be stopped. */
export function watchDrain(step: StepContext, { record }: WorkerEntry): void {
  const deadlineAtMs = record.drain?.deadlineAtMs ?? null;
  if (deadlineAtMs === null) return;
  const leftMs = Math.max(0, deadlineAtMs - step.now.wallMs);
  step.state.agenda.add(step.now.bootMs + leftMs, {
    kind: "drain-deadline",
    workerId: record.workerId,
  });
}

/** The deadline of a drained worker has passed, unless it was moved or the worker resumed: what runs there is stopped, and goes on elsewhere if it may. */
export function stopDrained(step: StepContext, worker: WorkerEntry): void {
  if (!isPastDrain(worker.record, step.now.wallMs)) return;
  for (const [key, { record }] of worker.live) {
    if (record.killRequest === null) worker.toKill.set(key, { immediately: false });
  }
  step.stir(worker);
}

/** What was to be stopped for an earlier deadline need not be; where the worker was told so already, it is. */
function spare(worker: WorkerEntry): void {
  for (const [key, { record }] of worker.live) {
    if (record.killRequest !== null) continue;
    worker.toKill.delete(key);
    worker.killing.delete(key);
  }
}

/** Whether what ends on this worker was stopped since it is drained. */
export function isPastDrain({ drain }: WorkerRecord, nowMs: number): boolean {
  return drain !== null && drain.deadlineAtMs !== null && nowMs >= drain.deadlineAtMs;
}

/** What is removed that the configuration does not set need not be remembered. */
function withoutNeedless(
  labelsSet: WorkerRecord["labelsSet"],
  { labels }: WorkerRecord,
): WorkerRecord["labelsSet"] {
  return Object.fromEntries(
    Object.entries(labelsSet).filter(
      ([name, value]) => value !== null || Object.hasOwn(labels, name),
    ),
  );
}

/** Answers with the worker as it is then; `change` may refuse with a message. */
function withWorker(
  step: StepContext,
  token: number,
  workerId: string,
  change: (worker: WorkerEntry) => string | undefined,
): void {
  const worker = step.state.workers.get(workerId);
  if (worker === undefined) {
    const message = `No worker ${JSON.stringify(workerId)} is known. List those that are: aloha workers`;
    step.answer(token, { kind: "refused", code: "not-found", message });
    return;
  }
  const refusal = change(worker);
  if (refusal === undefined) {
    step.answer(token, { kind: "worker", worker: viewWorker(step, worker) });
  } else {
    step.answer(token, { kind: "refused", code: "limit-exceeded", message: refusal });
  }
}
