import type { Explanation } from "../placement/explanation.ts";
import { formatDuration } from "../units/duration.ts";
import { quote } from "../units/quote.ts";
import { keyHolder } from "./key-line.ts";
import { countWaiting } from "./waiting.ts";
import type { Overview } from "./effect.ts";
import { liveAttempt } from "./attempts.ts";
import type { LiveApplication, MasterState } from "./state.ts";
import type { StepContext } from "./step-context.ts";
import { viewWorker } from "./view-worker.ts";
import type { WorkerView } from "./worker-view.ts";

export function viewWorkers(step: StepContext): readonly WorkerView[] {
  return [...step.state.workers.values()].map((worker) => viewWorker(step, worker));
}

export function viewOverview(state: MasterState): Overview {
  const workers: Record<string, number> = {};
  const milliCores = { total: 0, used: 0 };
  const memoryMiB = { total: 0, used: 0 };
  for (const { record, usedMilliCores, usedMemoryMiB } of state.workers.values()) {
    workers[record.mode] = (workers[record.mode] ?? 0) + 1;
    if (record.mode !== "ALIVE") continue;
    milliCores.total += record.milliCores;
    milliCores.used += usedMilliCores;
    memoryMiB.total += record.memoryMiB;
    memoryMiB.used += usedMemoryMiB;
  }
  return {
    state: state.lowSpace ? "READ_ONLY" : state.phase,
    clusterId: state.cluster.clusterId,
    epoch: state.cluster.epoch.number,
    applications: Object.fromEntries([...state.counts].filter(([, count]) => count > 0)),
    waiting: countWaiting(state),
    workers,
    milliCores,
    memoryMiB,
  };
}

/** Why an application waits, or where it is; undefined if it is not live. */
export function explain(step: StepContext, appId: string): Explanation | undefined {
  const application = step.state.applications.get(appId);
  if (application === undefined) return undefined;
  const { record } = application;
  const base = { appId, state: record.state, position: null, canNeverFit: false, workers: [] };
  if (step.state.delayed.has(appId)) {
    const waitMs = Math.max(0, (record.notBeforeMs ?? 0) - step.now.wallMs);
    return {
      ...base,
      summary: `It waits ${formatDuration(waitMs)} more before the next attempt (backoff)`,
    };
  }
  const holder = step.state.blocked.has(appId) ? keyHolder(step.state, application) : undefined;
  if (holder !== undefined) {
    const { namespace, key } = application.description;
    const where = namespace === "default" ? "" : ` of namespace ${namespace}`;
    return {
      ...base,
      summary: `It waits for ${holder} to end, which holds the key ${quote(key)}${where}`,
    };
  }
  const attempt = liveAttempt(record);
  if (attempt !== undefined)
    return { ...base, summary: whereItIs(application, attempt.number, attempt.workerId) };
  const placement = step.state.queue.explain(appId);
  if (placement === undefined) return { ...base, summary: "It is about to be placed" };
  const summary = step.state.lowSpace
    ? "The master's disk is almost full: nothing is placed until there is space again"
    : placement.summary;
  return { ...base, ...placement, summary };
}

function whereItIs({ record }: LiveApplication, number: number, workerId: string): string {
  switch (record.state) {
    case "LAUNCHING":
      return `Attempt ${number} is being launched on worker ${workerId}`;
    case "RUNNING":
      return `Attempt ${number} runs on worker ${workerId}`;
    case "UNKNOWN":
      return `Attempt ${number} was placed on worker ${workerId}, which has not been heard for its lease`;
    case "KILLING":
      return `Attempt ${number} is being killed on worker ${workerId}; it is KILLED when all its processes are gone`;
    default:
      return `Attempt ${number} is on worker ${workerId}`;
  }
}
