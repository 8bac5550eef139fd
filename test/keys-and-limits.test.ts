import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({
    cores: 16,
    settings: { "aloha.worker.resources": "gpu=2,license=1", "aloha.worker.labels": "zone=a" },
  });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

const errorOf = (answer: { json<T>(): T }) =>
  answer.json<{ readonly error: { readonly code: string; readonly message: string } }>().error;

it("lets one application of a key live at a time, across a restart of the master", async () => {
  const holder = await cluster.submit({ key: "nightly", args: "sleep 300" });
  await cluster.untilState(holder, "RUNNING");
  const fields = { name: "t", entryPoint: "shell", key: "nightly", args: "true" };
  const refused = await cluster.post("/api/v1/applications", fields);
  expect(refused.status).toBe(409);
  expect(errorOf(refused)).toMatchObject({
    code: "conflict",
    message: expect.stringContaining(holder) as unknown,
  });
  const next = await cluster.submit({ ...fields, onConflict: "queue", args: "echo next" });
  const last = await cluster.submit({ ...fields, onConflict: "queue", args: "echo last" });
  await cluster.master.kill("SIGKILL");
  await cluster.master.start();
  expect((await cluster.aloha(["why", next])).stdout).toContain(`It waits for ${holder} to end`);
  expect((await cluster.aloha(["kill", holder, "--wait"])).exitCode).toBe(0);
  const [nextEnd, lastEnd] = [await cluster.untilEnded(next), await cluster.untilEnded(last)];
  expect(lastEnd.attempts[0]?.startedAtMs).toBeGreaterThanOrEqual(nextEnd.end?.endedAtMs ?? 0);
});

it("replaces the holder of a key only when all its processes are gone", async () => {
  const holder = await cluster.submit({
    key: "serve",
    stop: { grace: "1s" },
    args: "trap '' TERM; echo ready; while :; do sleep 0.1; done",
  });
  await cluster.untilState(holder, "RUNNING");
  const next = await cluster.submit({ key: "serve", onConflict: "replace", args: "true" });
  expect((await cluster.application(next)).state).toBe("SUBMITTED");
  await cluster.untilEnded(next);
  const replaced = await cluster.application(holder);
  expect(replaced.end).toMatchObject({ state: "KILLED", reason: "replaced", signal: "SIGKILL" });
  expect(replaced.end?.message).toContain(`replaced by ${next}`);
  expect(cluster.processes(holder)).toEqual([]);
});

it("ends what is not started in time, and what is not done by its deadline", async () => {
  const waiting = await cluster.submit({ cores: 99, waitTimeout: "500ms" });
  const slow = await cluster.submit({ deadline: "1s", args: "sleep 300 & sleep 300" });
  expect((await cluster.untilState(waiting, "TIMED_OUT")).end).toMatchObject({
    reason: "wait-timeout",
    tree: null,
  });
  expect((await cluster.untilState(slow, "TIMED_OUT")).end).toMatchObject({
    reason: "deadline",
    signal: "SIGTERM",
  });
  expect(cluster.processes(slow)).toEqual([]);
});

it("counts what workers offer beside cores and memory", async () => {
  const both = await cluster.submit({ resources: { gpu: 2 }, args: "sleep 300" });
  await cluster.untilState(both, "RUNNING");
  const one = await cluster.submit({ resources: { gpu: 1 }, args: "true" });
  expect((await cluster.aloha(["why", one])).stdout).toContain("needs 1 gpu, 0 free");
  expect((await cluster.aloha(["workers"])).stdout).toMatch(/gpu=2\/2 license=0\/1/);
  const never = await cluster.submit({ resources: { tpu: 1 }, waitTimeout: "1s", args: "true" });
  expect((await cluster.aloha(["why", never])).stdout).toMatch(/can never|it can never run/);
  await cluster.aloha(["kill", both, "--wait"]);
  await cluster.untilState(one, "FINISHED");
});

it("takes the fields as flags, and shows them", async () => {
  const submitted = await cluster.aloha([
    ...["submit", "--name", "flagged", "--namespace", "team-a", "--description", "for a test"],
    ...["--key", "k", "--on-conflict", "queue", "--deadline", "1h", "--wait-timeout", "30m"],
    ...["--resource", "license=1", "--open-files", "1000", "--", "true"],
  ]);
  expect(submitted.stderr).toBe("");
  const id = submitted.stdout.trim();
  const application = await cluster.untilState(id, "FINISHED");
  expect(application).toMatchObject({ namespace: "team-a", key: "k" });
  expect(application.description).toMatchObject({
    description: "for a test",
    resources: { license: 1 },
    deadlineMs: 3_600_000,
    waitTimeoutMs: 1_800_000,
    openFilesMax: 1_000,
    onConflict: "queue",
  });
  const page = (await cluster.aloha(["status", id])).stdout;
  for (const text of ["for a test", "team-a", "license=1"]) expect(page).toContain(text);
  expect((await cluster.aloha(["ps", "-a", "--namespace", "team-a"])).stdout).toContain(id);
  expect((await cluster.aloha(["ps", "-a", "--namespace", "team-b"])).stdout).not.toContain(id);
});
