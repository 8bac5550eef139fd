import { AlohaError } from "@aloha/core";
import type { AlohaEvent, StoreChange } from "@aloha/core";
import type { PersistenceEngine } from "./engine.ts";

export interface CopiedStore {
  readonly clusterId: string;
  readonly applications: number;
  readonly workers: number;
  readonly requests: number;
  readonly events: number;
}

/** Changes that one commit carries, so that the limits of every engine hold. */
const changesPerCommit = 500;
/** Records of a page of the source. */
const pageLengthMax = 500;
const eventsPerCommit = 200;

/**
 * Copies everything from one engine to an empty other one, of whatever kinds. It raises the epoch of the source, so that a master
 * that still used it is deposed, and gives the target the same epoch: whichever is led on first is ahead, and workers refuse
 * the other one. Rejects with the engines' errors, and `refused` if the target holds a cluster already.
 */
export async function copyStore(
  source: PersistenceEngine,
  target: PersistenceEngine,
  nonce: string,
): Promise<CopiedStore> {
  const cluster = await source.raiseEpoch({ clusterId: "c-empty", nonce });
  if (cluster.clusterId === "c-empty")
    throw new AlohaError("not-found", "The store to copy from holds no cluster.");
  const founded = await target.raiseEpoch({ clusterId: cluster.clusterId, nonce });
  if (founded.epoch.number !== 1)
    throw new AlohaError(
      "refused",
      `The store to copy to holds cluster ${founded.clusterId} already. Copy to a new one.`,
    );
  const snapshot = source.load(cluster);
  let applications = 0;
  let changes: StoreChange[] = [];
  const add = async (...added: readonly StoreChange[]): Promise<void> => {
    changes.push(...added);
    if (changes.length < changesPerCommit) return;
    await target.commit({ changes, events: [] });
    changes = [];
  };
  for (const { application, description } of everyApplication(source)) {
    applications++;
    await add(
      { kind: "description", appId: application.id, description },
      { kind: "application", application },
    );
  }
  let workers = 0;
  for (const worker of snapshot.workers) {
    workers++;
    await add({ kind: "worker", worker });
  }
  let requests = 0;
  for (const request of snapshot.requests) {
    requests++;
    await add({ kind: "request", request });
  }
  await target.commit({ changes, events: [] });
  const events = await copyEvents(source, target);
  await target.saveListenerPositions(source.readListenerPositions());
  // Last: from then on the target's epoch is no longer the one under which it was written.
  await target.commit({ changes: [{ kind: "cluster", cluster }], events: [] });
  return { clusterId: cluster.clusterId, applications, workers, requests, events };
}

/** All of them, terminal ones included, newest first. */
function* everyApplication(
  source: PersistenceEngine,
): Generator<ReturnType<PersistenceEngine["listApplications"]>["applications"][number]> {
  let beforeNumber: number | null = null;
  do {
    const page: ReturnType<PersistenceEngine["listApplications"]> = source.listApplications({
      states: [],
      name: null,
      namespace: null,
      labels: [],
      beforeNumber,
      limit: pageLengthMax,
    });
    yield* page.applications;
    beforeNumber = page.nextBeforeNumber;
  } while (beforeNumber !== null);
}

async function copyEvents(source: PersistenceEngine, target: PersistenceEngine): Promise<number> {
  const { oldestSequence, newestSequence } = source.eventRange();
  let after = oldestSequence - 1;
  let copied = 0;
  while (after < newestSequence) {
    const read = source.readEvents(after, eventsPerCommit);
    if (read.kind === "gap" || read.events.length === 0)
      throw new AlohaError(
        "store-corrupt",
        `The store to copy from lacks the events after ${after}.`,
      );
    const events: readonly AlohaEvent[] = read.events;
    await target.commit({ changes: [], events });
    copied += events.length;
    after = events.at(-1)?.sequence ?? newestSequence;
  }
  return copied;
}
