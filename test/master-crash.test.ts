import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Submitted } from "@aloha/api";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { inParallel } from "./support/in-parallel.ts";
import { listApplications } from "./support/list-applications.ts";
import { processesOf } from "./support/processes-of.ts";
import { readLines } from "./support/read-lines.ts";

const waitingCount = 10_000;
/** On a host with nothing else to do; a busy one gets as much more as a command takes there that does next to nothing, a few times. */
const backWithinMs = 3_000;
const busyFactor = 4;
const clients = 32;

it(
  "is back within seconds after kill -9 with 10,000 waiting, loses nothing, runs nothing twice and keeps the order",
  { timeout: 120_000 },
  async () => {
    await using cluster = await Cluster.start({ cores: 4 });
    const path = (name: string): string => join(cluster.directory, name);
    const exitCodes = [11, 12, 13, 0];
    const running = await inParallel(exitCodes.length, 4, (index) =>
      cluster.submit({
        args: `echo ${index} >> ${path("starts")}; while [ ! -e ${path("gate")} ]; do sleep 0.05; done; exit ${exitCodes[index]}`,
      }),
    );
    await eventually(
      () => readLines(path("starts")).length === exitCodes.length,
      20_000,
      "the first to run",
    );

    const order = path("order");
    // Each needs the whole worker, so that they run one after the other.
    const waiting = await inParallel(waitingCount, clients, (index) =>
      cluster.submit({
        name: `waiting-${index}`,
        args: ["sh", "-c", `echo ${index} >> ${order}`],
        cores: 4,
        requestId: `waiting-${index}`,
      }),
    );
    await cluster.master.kill("SIGKILL");
    await writeFile(path("gate"), "");
    await eventually(
      () => running.every((id) => processesOf(cluster, id).length === 0),
      20_000,
      "the end of what ran",
    );

    const askedMs = performance.now();
    await cluster.aloha(["version", "--help"]);
    const busyMs = (performance.now() - askedMs) * busyFactor;
    const startedMs = performance.now();
    await cluster.master.start();
    const one = await cluster.application(waiting[waitingCount / 2]!);
    const backMs = performance.now() - startedMs;
    expect(one).toMatchObject({
      name: `waiting-${waitingCount / 2}`,
      state: "SUBMITTED",
      attempt: 0,
    });
    expect(backMs).toBeLessThan(backWithinMs + busyMs);

    const ends = await inParallel(running.length, 4, (index) =>
      cluster.untilEnded(running[index]!),
    );
    expect(ends.map(({ end, attempt }) => [end?.exitCode, attempt])).toEqual(
      exitCodes.map((code) => [code, 1]),
    );
    expect(readLines(path("starts"))).toHaveLength(exitCodes.length);

    await eventually(() => readLines(order).length >= 40, 30_000, "40 of those that waited to run");
    const all = await listApplications(cluster);
    expect(all.map(({ id }) => id).toSorted()).toEqual([...running, ...waiting].toSorted());
    const submissionOrder = all
      .filter(({ name }) => name.startsWith("waiting-"))
      .map(({ name }) => name.slice("waiting-".length));
    const ran = readLines(order);
    expect(ran).toEqual(submissionOrder.slice(0, ran.length));
  },
);

it("keeps every submit that it acknowledged around a kill -9, and makes no second one of a repeated request", async () => {
  await using cluster = await Cluster.start({ workers: 0 });
  const acknowledged = new Map<string, string>();
  let next = 0;
  let down = false;
  const submit = async (requestId: string): Promise<void> => {
    const answer = await cluster.post("/api/v1/applications", {
      name: requestId,
      entryPoint: "shell",
      args: "true",
      requestId,
    });
    expect([200, 201]).toContain(answer.status);
    const { id } = answer.json<Submitted>();
    expect(acknowledged.get(requestId) ?? id).toBe(id);
    acknowledged.set(requestId, id);
  };
  const load = inParallel(clients, clients, async () => {
    while (!down) {
      await submit(`request-${next++}`).catch((error: unknown) => {
        if (!(error instanceof TypeError)) throw error;
        down = true;
      });
    }
  });
  await eventually(() => acknowledged.size >= 500, 20_000, "500 submits to be acknowledged");
  await cluster.master.kill("SIGKILL");
  await load;
  const before = new Map(acknowledged);
  const asked = next;
  expect(asked).toBeGreaterThan(before.size);

  await cluster.master.start();
  const kept = new Map((await listApplications(cluster)).map(({ id, name }) => [name, id]));
  for (const [requestId, id] of before) expect(kept.get(requestId)).toBe(id);
  await inParallel(asked, clients, (index) => submit(`request-${index}`));
  const all = await listApplications(cluster);
  expect(all).toHaveLength(asked);
  expect(new Set(all.map(({ name }) => name)).size).toBe(asked);
});

it("goes on with what runs when master and worker are killed -9 together", async () => {
  await using cluster = await Cluster.start({ cores: 8 });
  const path = (name: string): string => join(cluster.directory, name);
  const ids = await inParallel(8, 8, (index) =>
    cluster.submit({
      args: `echo ${index} >> ${path("starts")}; while [ ! -e ${path(`gate-${index % 2}`)} ]; do sleep 0.05; done; exit ${20 + index}`,
    }),
  );
  await eventually(() => readLines(path("starts")).length === ids.length, 20_000, "all to run");
  const supervisor = cluster.worker.supervisorPid;
  await Promise.all([cluster.master.kill("SIGKILL"), cluster.worker.kill("SIGKILL")]);
  await writeFile(path("gate-0"), "");
  await eventually(
    () => processesOf(cluster, ids[6]!).length === 0,
    20_000,
    "half of them to end unseen",
  );

  cluster.worker.launch();
  await cluster.master.start();
  const ends = await inParallel(4, 4, (half) => cluster.untilEnded(ids[half * 2]!));
  expect(ends.map(({ end }) => end?.exitCode)).toEqual([20, 22, 24, 26]);
  for (const index of [1, 3, 5, 7]) {
    expect(await cluster.untilState(ids[index]!, "RUNNING")).toMatchObject({ attempt: 1 });
  }
  await writeFile(path("gate-1"), "");
  const rest = await inParallel(4, 4, (half) => cluster.untilEnded(ids[half * 2 + 1]!));
  expect(rest.map(({ end }) => end?.exitCode)).toEqual([21, 23, 25, 27]);
  expect(readLines(path("starts"))).toHaveLength(ids.length);
  expect(cluster.worker.supervisorPid).toBe(supervisor);
});
