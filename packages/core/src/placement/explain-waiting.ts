import { formatBytes } from "../units/bytes.ts";
import type { Explanation, WorkerExplanation } from "./explanation.ts";
import { amountOf } from "./resources.ts";
import type { ResourceNeeds, Resources } from "./resources.ts";
import { shortfallOf } from "./open-workers.ts";
import type { WorkerCapacity } from "./open-workers.ts";

/** What placement can say about an application that waits. */
export type WaitingExplanation = Pick<Explanation, "summary" | "canNeverFit" | "workers"> & {
  readonly position: number;
};

/** Workers named in one explanation: the most promising ones. */
export const explainedWorkersMax = 100;

interface Needs {
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly needs: ResourceNeeds;
}

interface Waiting extends Needs {
  /** 1: nothing that waits is older. */
  readonly position: number;
  readonly reservedWorkerId: string | null;
}

interface Verdict {
  readonly rank: Rank;
  readonly worker: WorkerCapacity;
  readonly reason: string;
}

const ranks = ["fits", "not-enough-free", "reserved", "not-accepting", "too-small"] as const;
type Rank = (typeof ranks)[number];

/** Says for each worker why it does not take the application. `reservedFor` names another application that a worker is kept for. */
export function explainWaiting(
  waiting: Waiting,
  workers: readonly WorkerCapacity[],
  reservedFor: (workerId: string) => string | undefined,
): WaitingExplanation {
  const verdicts = workers.map((worker) => judge(waiting, worker, reservedFor(worker.workerId)));
  verdicts.sort((a, b) => compareVerdicts(waiting, a, b));
  const canNeverFit = verdicts.every(({ rank }) => rank === "too-small");
  return {
    position: waiting.position,
    canNeverFit,
    summary: summarize(waiting, verdicts, canNeverFit),
    workers: verdicts.slice(0, explainedWorkersMax).map(toExplanation),
  };
}

function judge(needs: Needs, worker: WorkerCapacity, reservedFor: string | undefined): Verdict {
  const { totalMilliCores, totalMemoryMiB, totalResources } = worker;
  const tooSmall = lacking(needs, totalMilliCores, totalMemoryMiB, totalResources, "has ");
  if (tooSmall !== undefined)
    return { rank: "too-small", worker, reason: `${tooSmall} in all: can never fit` };
  if (!worker.accepting) {
    return {
      rank: "not-accepting",
      worker,
      reason: "takes no applications now (draining, stopping or not heard)",
    };
  }
  if (reservedFor !== undefined)
    return { rank: "reserved", worker, reason: `reserved for ${reservedFor}` };
  const { freeMilliCores, freeMemoryMiB, freeResources } = worker;
  const notFree = lacking(needs, freeMilliCores, freeMemoryMiB, freeResources, "");
  if (notFree !== undefined) return { rank: "not-enough-free", worker, reason: `${notFree} free` };
  return { rank: "fits", worker, reason: "has room" };
}

function summarize(waiting: Waiting, verdicts: readonly Verdict[], canNeverFit: boolean): string {
  const extras = waiting.needs.entries.map(([name, amount]) => `${amount} ${name}`);
  const amounts = [formatCores(waiting.milliCores), formatMiB(waiting.memoryMiB), ...extras];
  const what = `${amounts.slice(0, -1).join(", ")} and ${amounts.at(-1)}`;
  const first = verdicts[0];
  if (first === undefined) return `It needs ${what}, and no worker is known`;
  if (first.rank === "fits") return "It is about to be placed";
  if (canNeverFit) return `It needs ${what}, and no known worker is that large: it can never run`;
  const { reservedWorkerId } = waiting;
  if (reservedWorkerId !== null)
    return `It waits for ${what}; room is being kept for it on worker ${reservedWorkerId}`;
  return `It waits for ${what}; nearest is worker ${first.worker.workerId}: ${first.reason}`;
}

function toExplanation({ rank, worker, reason }: Verdict): WorkerExplanation {
  return { workerId: worker.workerId, reason, never: rank === "too-small" };
}

function compareVerdicts(needs: Needs, a: Verdict, b: Verdict): number {
  return (
    ranks.indexOf(a.rank) - ranks.indexOf(b.rank) ||
    shortfallOf(needs, a.worker) - shortfallOf(needs, b.worker) ||
    (a.worker.workerId < b.worker.workerId ? -1 : 1)
  );
}

/** `needs 8 cores, 3`: the amount that does not suffice, if one does not. */
function lacking(
  needs: Needs,
  milliCores: number,
  memoryMiB: number,
  resources: Resources,
  verb: string,
): string | undefined {
  if (needs.milliCores > milliCores)
    return `needs ${formatCores(needs.milliCores)}, ${verb}${milliCores / 1000}`;
  if (needs.memoryMiB > memoryMiB)
    return `needs ${formatMiB(needs.memoryMiB)}, ${verb}${formatMiB(memoryMiB)}`;
  for (const [name, amount] of needs.needs.entries) {
    const available = amountOf(resources, name);
    if (amount > available) return `needs ${amount} ${name}, ${verb}${available}`;
  }
  return undefined;
}

function formatCores(milliCores: number): string {
  return milliCores === 1000 ? "1 core" : `${milliCores / 1000} cores`;
}

function formatMiB(memoryMiB: number): string {
  return memoryMiB === 0
    ? "0 MiB"
    : formatBytes(memoryMiB * 1024 ** 2).replace(/([0-9])([A-Z])/, "$1 $2");
}
