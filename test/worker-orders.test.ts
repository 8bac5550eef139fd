import type { Worker } from "@aloha/api";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

it("drains a worker until an operator lets it resume, whatever is restarted meanwhile", async () => {
  await using cluster = await Cluster.start();
  const id = cluster.worker.workerId;
  const running = await cluster.submit({ args: "sleep 300" });
  await cluster.untilState(running, "RUNNING");
  const drained = await cluster.aloha(["worker", "drain", id, "--reason", "new kernel"]);
  expect(drained.stderr).toBe("");
  expect(drained.stdout).toMatch(/state\s+DRAINING[\s\S]*drained.*new kernel/);
  const waiting = await cluster.submit({ args: "true" });
  await cluster.master.kill("SIGKILL");
  await cluster.master.start();
  await eventually(
    async () => (await workerOf(cluster, id)).mode === "DRAINING",
    15_000,
    "the worker to be drained again",
  );
  expect((await cluster.application(running)).state).toBe("RUNNING");
  expect((await cluster.application(waiting)).state).toBe("SUBMITTED");
  expect((await cluster.aloha(["why", waiting])).stdout).toContain("takes no applications now");
  await cluster.aloha(["kill", running, "--wait"]);
  expect((await cluster.aloha(["worker", "drain", id, "--wait"])).exitCode).toBe(0);
  expect((await cluster.aloha(["worker", "resume", id])).stdout).toMatch(/state\s+ALIVE/);
  await cluster.untilState(waiting, "FINISHED");
});

it("stops at the deadline of a drain what still runs, and what is supervised goes on elsewhere", async () => {
  await using cluster = await Cluster.start({ workers: 1 });
  const id = cluster.worker.workerId;
  const supervised = await cluster.submit({ supervise: true, args: "sleep 300" });
  const plain = await cluster.submit({ args: "sleep 300" });
  for (const appId of [supervised, plain]) await cluster.untilState(appId, "RUNNING");
  const other = await cluster.addWorker();
  const drained = await cluster.aloha(["worker", "drain", id, "--deadline", "1s", "--wait"]);
  expect(drained.exitCode, drained.stderr).toBe(0);
  expect((await cluster.untilEnded(plain)).end).toMatchObject({
    state: "ERROR",
    reason: "drained",
  });
  await eventually(
    async () => {
      const { state, workerId } = await cluster.application(supervised);
      return state === "RUNNING" && workerId === other.workerId;
    },
    15_000,
    "the supervised application to run on the other worker",
  );
});

it("labels workers, and shows them", async () => {
  await using cluster = await Cluster.start({
    settings: { "aloha.worker.labels": "zone=a,disk=ssd" },
  });
  const id = cluster.worker.workerId;
  const labelled = await cluster.aloha(["worker", "label", id, "zone=b", "disk-", "rack=7"]);
  expect(labelled.stdout).toMatch(/labels\s+zone=b rack=7\n/);
  const shown = await cluster.aloha(["worker", "show", id, "-o", "json"]);
  expect((JSON.parse(shown.stdout) as Worker).labels).toEqual({ zone: "b", rack: "7" });
  const wrong = await cluster.aloha(["worker", "label", id, "zone"]);
  expect(wrong).toMatchObject({ exitCode: 2, stdout: "" });
  const unknown = await cluster.aloha(["worker", "show", "w-none"]);
  expect(unknown.exitCode).toBe(3);
  expect(unknown.stderr).toContain('No worker "w-none" is known');
});

it("runs an application that has ended again, and only that", async () => {
  await using cluster = await Cluster.start();
  const first = await cluster.submit({ name: "again", args: "echo $ALOHA_APP_ID; exit 3" });
  await cluster.untilState(first, "FAILED");
  const rerun = await cluster.aloha(["rerun", first, "--wait"]);
  expect(rerun.exitCode).toBe(1);
  const second = rerun.stdout.trim();
  expect(second).not.toBe(first);
  expect(cluster.output(second)).toBe(`${second}\n`);
  expect(await cluster.application(second)).toMatchObject({ rerunOf: first, name: "again" });
  expect((await cluster.aloha(["status", second])).stdout).toMatch(
    new RegExp(`rerun of\\s+${first}`),
  );
  const path = `/api/v1/applications/${first}/rerun`;
  const made = await cluster.post(path, { requestId: "r-1" });
  const repeated = await cluster.post(path, { requestId: "r-1" });
  expect([made.status, repeated.status]).toEqual([201, 200]);
  expect(repeated.json<{ id: string }>().id).toBe(made.json<{ id: string }>().id);
  const live = await cluster.submit({ args: "sleep 300" });
  expect((await cluster.post(`/api/v1/applications/${live}/rerun`, {})).status).toBe(409);
  expect(
    (await cluster.post("/api/v1/applications/app-20200101000000-9999/rerun", {})).status,
  ).toBe(404);
});

async function workerOf(cluster: Cluster, id: string): Promise<Worker> {
  return (await cluster.get(`/api/v1/workers/${id}`)).json<Worker>();
}
