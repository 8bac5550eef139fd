import type { EventPage, WorkerList } from "@aloha/api";
import { expect, test } from "vitest";
import { FakeWorker } from "./fake-worker.ts";
import { temporaryDirectory } from "./fixtures.ts";
import { runningMaster } from "./running-master.ts";

/** The least that the fact needs: clients were refused so often, while the worker was answered so often. */
const refusalsMin = 300;
const syncsMin = 10;
const clients = 64;
const leaseMs = 2_000;

test("clients that submit more than the master can take are refused, and a worker never is: it stays alive", async () => {
  const { url, master } = await runningMaster({
    recoveryMode: "FILESYSTEM",
    recoveryDirectory: await temporaryDirectory(),
    limits: { inboxLengthMax: 8, batchLengthMax: 4 },
    settings: { leaseMs },
  });
  const worker = await FakeWorker.start(master.address);
  const statuses = { accepted: 0, refused: 0, other: new Set<number>() };
  const answeredBefore = worker.syncsAnswered;
  const isEnough = (): boolean =>
    statuses.refused >= refusalsMin && worker.syncsAnswered - answeredBefore >= syncsMin;
  const flood = async (): Promise<void> => {
    // More cores than there are: they wait, and the worker has nothing to say but that it lives.
    const body = JSON.stringify({ name: "flood", entryPoint: "shell", cores: 100 });
    while (!isEnough() && worker.syncsRefused.length === 0) {
      const response = await fetch(`${url}/api/v1/applications`, { method: "POST", body });
      await response.arrayBuffer();
      if (response.status === 201) statuses.accepted++;
      else if (response.status === 429) statuses.refused++;
      else statuses.other.add(response.status);
    }
  };
  await Promise.all(Array.from({ length: clients }, flood));

  expect(worker.syncsRefused).toEqual([]);
  expect([...statuses.other]).toEqual([]);
  expect(statuses.accepted).toBeGreaterThan(0);
  const { workers } = (await (await fetch(`${url}/api/v1/workers`)).json()) as WorkerList;
  expect(workers).toMatchObject([{ id: "worker-1", mode: "ALIVE" }]);
  const changes = await workerChanges(url);
  expect(changes).toEqual(["ALIVE"]);
}, 30_000);

async function workerChanges(url: string): Promise<readonly string[]> {
  const changes: string[] = [];
  for (let after = 0; ;) {
    const response = await fetch(`${url}/api/v1/events?after=${after}&limit=1000`, {
      headers: { accept: "application/json" },
    });
    const { events, nextAfter } = (await response.json()) as EventPage;
    for (const event of events) if (event.kind === "worker-state-changed") changes.push(event.to);
    if (events.length === 0) return changes;
    after = nextAfter;
  }
}
