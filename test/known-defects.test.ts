/**
 * What is known to go wrong in the original, one test each, so that it never does here. Those that
 * belong to a larger subject stand with it: the whole tree of a killed application (kill), ends while
 * the master or the worker is away and the order after a recovery (master-crash, worker-crash), stores that
 * were cut short (recovery-directory), -D against the file (seed-commands), unknown actions
 * (bad-requests), errors of code (code-applications).
 */
import { join } from "node:path";
import type { OverviewView, WorkerList } from "@aloha/api";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { heartbeat, readBeats } from "./support/heartbeat.ts";
import { inParallel } from "./support/in-parallel.ts";
import { processesOf } from "./support/processes-of.ts";
import { signalPid } from "./support/processes.ts";
import { readLines } from "./support/read-lines.ts";
import { TcpProxy } from "./support/tcp-proxy.ts";

const waitMs = 30_000;

async function usedCores(cluster: Cluster): Promise<number> {
  const { workers } = (await cluster.get("/api/v1/workers")).json<WorkerList>();
  return workers.reduce((sum, worker) => sum + worker.usedCores, 0);
}

it("a relaunched application stays manageable under its id: status, kill, and its cores come back", async () => {
  await using cluster = await Cluster.start();
  const id = await cluster.submit({
    args: 'test "$ALOHA_ATTEMPT_NUMBER" != 1 || exit 9; while :; do sleep 0.1; done',
    cores: 2,
    restart: { on: ["failure"], backoff: { initial: "10ms" } },
  });
  const relaunched = await eventually(
    async () => {
      const application = await cluster.application(id);
      return application.attempt === 2 && application.state === "RUNNING" && application;
    },
    waitMs,
    "the second attempt to run",
  );
  expect(relaunched.attempts[0]).toMatchObject({ outcome: { kind: "exited", exitCode: 9 } });
  expect((await cluster.get(`/v1/submissions/status/${id}`)).json()).toMatchObject({
    success: true,
    driverState: "RUNNING",
    workerId: cluster.worker.workerId,
  });
  expect(await usedCores(cluster)).toBe(2);
  expect((await cluster.post(`/v1/submissions/kill/${id}`, {})).json()).toMatchObject({
    success: true,
  });
  await cluster.untilState(id, "KILLED");
  expect(processesOf(cluster, id)).toEqual([]);
  expect(await usedCores(cluster)).toBe(0);
});

it(
  "no second copy runs after the worker was killed, hung for longer than its lease, and lost its connection",
  { timeout: 90_000 },
  async () => {
    const leaseMs = 2_000;
    await using cluster = await Cluster.start({
      workers: 0,
      settings: { "aloha.worker.timeout": `${leaseMs}ms` },
    });
    await using proxy = await TcpProxy.start(cluster.rpcPort);
    const worker = await cluster.addWorker([], proxy.port);
    await cluster.addWorker();
    const file = join(cluster.directory, "beats");
    const beats = (): readonly number[] => readBeats(file).map(({ attempt }) => attempt);
    const id = await cluster.submit({ args: heartbeat(file) });
    await cluster.untilState(id, "RUNNING");
    const goesOn = async (): Promise<void> => {
      expect(await cluster.untilState(id, "RUNNING")).toMatchObject({ attempt: 1 });
      const seen = beats().length;
      await eventually(() => beats().length > seen, waitMs, "it to go on");
      expect(new Set(beats())).toEqual(new Set([1]));
    };
    const owner = (await cluster.application(id)).workerId;
    const holder = cluster.workers.find(({ workerId }) => workerId === owner)!;
    await holder.restart("SIGKILL");
    await goesOn();
    holder.pause();
    await cluster.untilState(id, "UNKNOWN");
    holder.resume();
    await goesOn();
    proxy.reset();
    await eventually(() => worker.isRunning, waitMs);
    await goesOn();
    expect(processesOf(cluster, id).length).toBeGreaterThan(0);
  },
);

it(
  "resets of a healthy worker's connection lose nothing, run nothing twice, and do not double its exchanges",
  { timeout: 90_000 },
  async () => {
    await using cluster = await Cluster.start({
      workers: 0,
      settings: { "aloha.worker.timeout": "2s" },
    });
    await using proxy = await TcpProxy.start(cluster.rpcPort);
    await cluster.addWorker([], proxy.port);
    const pieces = 30;
    const msFor = async (): Promise<number> => {
      const [startedMs, first] = [performance.now(), proxy.chunksFromClients];
      await eventually(() => proxy.chunksFromClients >= first + pieces, waitMs, "exchanges");
      return performance.now() - startedMs;
    };
    const quietMs = await msFor();
    const count = 60;
    const starts = join(cluster.directory, "starts");
    const ids = await inParallel(count, 8, (index) =>
      cluster.submit({
        args: ["sh", "-c", `echo ${index} >> ${starts}; exit ${index}`],
        cores: 0.5,
        memory: 16,
      }),
    );
    for (let round = 1; round <= 5; round++) {
      await eventually(() => readLines(starts).length >= (round * count) / 6, waitMs, "some");
      // There is a connection, or the next one is on its way.
      await eventually(() => proxy.reset() > 0, waitMs, "a connection to reset");
    }
    const ends = await inParallel(count, 8, (index) => cluster.untilEnded(ids[index]!));
    expect(ends.map(({ end }) => end?.exitCode)).toEqual(ends.map((_, index) => index));
    expect(ends.every(({ attempt }) => attempt === 1)).toBe(true);
    expect(readLines(starts).toSorted()).toEqual(ends.map((_, index) => String(index)).toSorted());
    expect(proxy.connections).toBeGreaterThan(5);
    // Twice the exchanges would take half the time; a busy host only makes it longer.
    expect(await msFor()).toBeGreaterThan(quietMs * 0.67);
  },
);

it("a recovery is over as soon as all workers are back, not when a timeout ends", async () => {
  await using cluster = await Cluster.start({ settings: { "aloha.worker.timeout": "10m" } });
  const running = await cluster.submit({ args: ["sleep", "600"] });
  await cluster.untilState(running, "RUNNING");
  await cluster.master.restart("SIGKILL");
  await eventually(
    async () => (await cluster.get("/api/v1/overview")).json<OverviewView>().state === "ALIVE",
    waitMs,
    "the recovery to be over",
  );
  const next = await cluster.submit({ args: "exit 5" });
  expect((await cluster.untilEnded(next)).end).toMatchObject({ exitCode: 5 });
  expect(await cluster.application(running)).toMatchObject({ state: "RUNNING", attempt: 1 });
});

it("finished applications are remembered over a restart, with how they ended", async () => {
  await using cluster = await Cluster.start();
  const failed = await cluster.submit({ name: "failed", args: "exit 7" });
  const finished = await cluster.submit({ name: "finished", args: "true" });
  for (const id of [failed, finished]) await cluster.untilEnded(id);
  await cluster.master.restart("SIGKILL");
  expect(await cluster.application(failed)).toMatchObject({
    name: "failed",
    state: "FAILED",
    end: { exitCode: 7 },
  });
  expect((await cluster.get(`/v1/submissions/status/${finished}`)).json()).toMatchObject({
    success: true,
    driverState: "FINISHED",
  });
  expect((await cluster.post(`/v1/submissions/kill/${finished}`, {})).json()).toMatchObject({
    success: false,
  });
});

it(
  "what is supervised comes back when master, worker and everything that owns its processes die together",
  { timeout: 90_000 },
  async () => {
    await using cluster = await Cluster.start();
    const file = join(cluster.directory, "beats");
    const id = await cluster.submit({ args: heartbeat(file), supervise: true });
    await cluster.untilState(id, "RUNNING");
    const { ownerPids } = cluster.worker;
    await Promise.all([cluster.master.kill("SIGKILL"), cluster.worker.kill("SIGKILL")]);
    for (const pid of ownerPids) signalPid(pid, "SIGKILL");
    cluster.worker.launch();
    await cluster.master.start();
    const attempts = (): readonly number[] => readBeats(file).map(({ attempt }) => attempt);
    await eventually(() => attempts().includes(2), waitMs, "the second attempt");
    expect(attempts()).toEqual(attempts().toSorted((left, right) => left - right));
    expect(await cluster.untilState(id, "RUNNING")).toMatchObject({ attempt: 2 });
  },
);

it("what is supervised and exits is not relaunched: restart says when, supervise is for lost workers", async () => {
  await using cluster = await Cluster.start();
  const failing = await cluster.submit({ args: "exit 3", supervise: true });
  expect(await cluster.untilEnded(failing)).toMatchObject({
    state: "FAILED",
    attempt: 1,
    end: { exitCode: 3 },
  });
});
