import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OverviewView } from "@aloha/api";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { hostileNames, hostileTree } from "./support/hostile-tree.ts";
import { inParallel } from "./support/in-parallel.ts";
import { processesOf } from "./support/processes-of.ts";
import { readLines } from "./support/read-lines.ts";
import { recordedPids, stillRunning, type RecordedPid } from "./support/recorded-pids.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ cores: 4 });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

const path = (name: string): string => join(cluster.directory, name);

/** Starts a hostile tree and waits until all of it is there. */
async function startHostile(
  record: string,
  fields: Readonly<Record<string, unknown>> = {},
  after?: string,
): Promise<{ id: string; tree: readonly RecordedPid[] }> {
  const id = await cluster.submit({ args: hostileTree(record, after), ...fields });
  const tree = await eventually(
    () => {
      const recorded = recordedPids(record);
      return recorded.length === hostileNames.length && recorded;
    },
    20_000,
    "the tree to be complete",
  );
  expect(tree.map(({ name }) => name).toSorted()).toEqual([...hostileNames].toSorted());
  return { id, tree };
}

it("kills daemons, other sessions and nameless processes that ignore SIGTERM, and says KILLED only when they are gone", async () => {
  const { id, tree } = await startHostile(path("killed"));
  expect(stillRunning(tree)).toHaveLength(tree.length);
  const states: (readonly [string, number])[] = [];
  const kill = cluster.aloha(["kill", id, "--wait"]);
  const end = await eventually(
    async () => {
      const { state, end } = await cluster.application(id);
      // Asked before the processes are looked at: whoever reads KILLED must find none.
      states.push([state, stillRunning(tree).length]);
      return end;
    },
    20_000,
    "the end",
  );
  for (const [state, left] of states) if (state === "KILLED") expect(left).toBe(0);
  expect(end).toMatchObject({
    state: "KILLED",
    reason: "killed",
    signal: "SIGKILL",
    tree: "verified",
  });
  expect(await kill).toMatchObject({ exitCode: 0, stderr: "" });
  expect(stillRunning(tree)).toEqual([]);
});

it("gives a stopped application its grace period, then kills what is left", async () => {
  const graceMs = 1_500;
  const { id, tree } = await startHostile(path("stopped"), { stop: { grace: `${graceMs}ms` } });
  const askedMs = performance.now();
  const stopping = cluster.aloha(["stop", id, "--wait"]);
  await eventually(async () => (await cluster.application(id)).state === "KILLING", 10_000);
  expect(stillRunning(tree)).toHaveLength(tree.length);
  await stopping;
  expect(performance.now() - askedMs).toBeGreaterThanOrEqual(graceMs);
  expect(stillRunning(tree)).toEqual([]);
});

it("lets a program end by itself after the stop signal and keeps what it wrote last", async () => {
  const id = await cluster.submit({
    args: "trap 'echo tidy; exit 3' TERM; echo up; while :; do sleep 0.05; done",
    stop: { grace: "30s" },
  });
  await eventually(() => cluster.output(id) === "up\n", 20_000);
  expect(await cluster.aloha(["stop", id, "--wait"])).toMatchObject({ exitCode: 0 });
  expect((await cluster.application(id)).end).toMatchObject({
    state: "KILLED",
    exitCode: 3,
    signal: null,
  });
  expect(cluster.output(id)).toBe("up\ntidy\n");
});

it("kills at once what is being stopped when it is killed as well, and takes a repeated kill as the same", async () => {
  const { id, tree } = await startHostile(path("hurried"), { stop: { grace: "5m" } });
  expect((await cluster.post(`/api/v1/applications/${id}/kill`, {})).status).toBe(202);
  expect((await cluster.post(`/api/v1/applications/${id}/kill`, {})).status).toBe(202);
  await cluster.untilState(id, "KILLING");
  expect(stillRunning(tree)).toHaveLength(tree.length);
  const kills = await Promise.all([
    cluster.aloha(["kill", id, "--wait"]),
    cluster.aloha(["kill", id, "--wait"]),
  ]);
  expect(kills.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(stillRunning(tree)).toEqual([]);
  const after = await cluster.post(`/api/v1/applications/${id}/kill`, { immediately: true });
  expect(after.status).toBe(200);
  expect(after.json()).toEqual({ id, accepted: false, state: "KILLED" });
});

it("ends an application that waits without ever starting it", async () => {
  const full = await cluster.submit({ args: ["sleep", "1000"], cores: 4 });
  await cluster.untilState(full, "RUNNING");
  const waiting = await cluster.submit({ args: `touch ${path("must-not-exist")}`, cores: 4 });
  expect(await cluster.aloha(["kill", waiting, "--wait"])).toMatchObject({ exitCode: 0 });
  expect(await cluster.application(waiting)).toMatchObject({
    attempt: 0,
    end: { state: "KILLED", reason: "killed-before-start" },
  });
  await cluster.aloha(["kill", full, "--wait"]);
  const next = await cluster.submit({ args: "true", cores: 4 });
  await cluster.untilState(next, "FINISHED");
  expect(readLines(path("must-not-exist"))).toEqual([]);
});

it("ends applications that are killed while they are being placed and started, and leaves no process", async () => {
  const count = 40;
  const starts = path("racing");
  const ids = await inParallel(count, 10, async (index) => {
    const id = await cluster.submit({
      args: `echo $ALOHA_APP_ID >> ${starts}; sleep 1000`,
      cores: 0.05,
      memory: 16,
    });
    // From at once to some time after the start.
    if (index % 4 === 1)
      await eventually(async () => (await cluster.application(id)).state !== "SUBMITTED", 10_000);
    if (index % 4 >= 2) await eventually(() => readLines(starts).includes(id), 10_000);
    expect(
      (await cluster.post(`/api/v1/applications/${id}/kill`, { immediately: true })).status,
    ).toBe(202);
    return id;
  });
  const ends = await inParallel(count, 10, (index) => cluster.untilEnded(ids[index]!));
  expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(["KILLED"]));
  for (const id of ids) expect(processesOf(cluster, id)).toEqual([]);
  const overview = (await cluster.get("/api/v1/overview")).json<OverviewView>();
  expect(overview).toMatchObject({ waiting: 0, cores: { used: 0 }, memoryMiB: { used: 0 } });
});

it("does not say KILLED while the worker is away, and kills when it is back", async () => {
  const { id, tree } = await startHostile(path("away"));
  await cluster.worker.kill("SIGKILL");
  const waits = cluster.startAloha(["kill", id, "--wait"]);
  await cluster.untilState(id, "KILLING");
  expect(stillRunning(tree)).toHaveLength(tree.length);
  await cluster.worker.start();
  expect(await waits.result).toMatchObject({ exitCode: 0 });
  expect(stillRunning(tree)).toEqual([]);
  expect((await cluster.application(id)).end).toMatchObject({ state: "KILLED", tree: "verified" });
});

it("does not count an application as ended while processes live that its main process left behind", async () => {
  const { id, tree } = await startHostile(
    path("left"),
    {},
    `while [ ! -e ${path("leave")} ]; do sleep 0.05; done; exit 5`,
  );
  const [main, others] = [
    tree.filter(({ name }) => name === "main"),
    tree.filter(({ name }) => name !== "main"),
  ];
  await writeFile(path("leave"), "");
  await eventually(() => stillRunning(main).length === 0, 10_000, "the main process to end");
  let livedAfterMain = false;
  const end = await eventually(
    async () => {
      const before = stillRunning(others).length;
      const { end } = await cluster.application(id);
      if (end === null && before > 0) livedAfterMain = true;
      return end;
    },
    20_000,
    "the end",
  );
  expect(livedAfterMain).toBe(true);
  expect(stillRunning(others)).toEqual([]);
  expect(end).toMatchObject({ state: "FAILED", exitCode: 5, tree: "verified" });
});
