import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ cores: 8 });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

const often = { interval: "200ms", failures: 2 };

const healthOf = async (id: string) => (await cluster.application(id)).attempts.at(-1)?.health;

it("says of an application that it does not work, and that it works again, and leaves it running", async () => {
  const id = await cluster.submit({
    health: { exec: "[ ! -e broken ] || { echo out of order >&2; exit 4; }", ...often },
    args: "touch broken; while [ ! -e mend ]; do sleep 0.1; done; rm broken; sleep 300",
  });
  await eventually(
    async () => (await healthOf(id))?.healthy === false,
    15_000,
    `${id} to be unhealthy`,
  );
  expect((await cluster.aloha(["status", id])).stdout).toMatch(
    /health\s+unhealthy for .*exit code 4: out of order/,
  );
  const events = await cluster.aloha(["events", "--limit", "100"]);
  expect(events.stdout).toContain("application-unhealthy");
  await cluster.write(`worker-1/${id}/mend`, "");
  await eventually(
    async () => (await healthOf(id))?.healthy === true,
    15_000,
    `${id} to be healthy again`,
  );
  const { state, attempt } = await cluster.application(id);
  expect({ state, attempt }).toEqual({ state: "RUNNING", attempt: 1 });
  await cluster.aloha(["kill", id, "--wait"]);
});

it("restarts what is unhealthy, as often as restart allows, with all that it had started gone", async () => {
  const id = await cluster.submit({
    health: { silence: true, action: "restart", ...often },
    restart: { maxAttempts: 1, backoff: { initial: "100ms" } },
    args: "echo begun; sleep 300 & sleep 300",
  });
  const { end, attempts } = await cluster.untilState(id, "FAILED");
  expect(end).toMatchObject({ reason: "unhealthy", signal: "SIGTERM" });
  expect(attempts).toHaveLength(2);
  for (const { outcome } of attempts)
    expect(outcome).toMatchObject({ kind: "exited", stopCause: "unhealthy" });
  expect(cluster.processes(id)).toEqual([]);
});

it("goes on checking after a restart of the worker", async () => {
  const id = await cluster.submit({
    health: { http: "http://127.0.0.1:1/", interval: "1s", failures: 2 },
    args: "sleep 300",
  });
  await cluster.untilState(id, "RUNNING");
  await cluster.worker.kill("SIGKILL");
  await cluster.worker.start();
  await eventually(
    async () => (await healthOf(id))?.healthy === false,
    15_000,
    `${id} to be unhealthy`,
  );
  expect((await healthOf(id))?.message).toContain("does not answer");
  await cluster.aloha(["kill", id, "--wait"]);
});
