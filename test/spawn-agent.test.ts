import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { hostileNames, hostileTree } from "./support/hostile-tree.ts";
import { listProcesses, signalPid } from "./support/processes.ts";
import { isRunning, recordedPids, stillRunning } from "./support/recorded-pids.ts";

const settings = { "aloha.supervisor.spawner": "agent" };
const withinMs = 10_000;

function agentPidOf(cluster: Cluster): number {
  const directory = join(cluster.worker.workDirectory, ".aloha/supervisor");
  const agent = listProcesses().find(
    ({ commandLine }) =>
      commandLine[0]?.includes("spawn-agent") === true && commandLine[2] === directory,
  );
  if (agent === undefined) throw new Error("There is no spawn agent");
  return agent.pid;
}

interface Work {
  readonly plain: string;
  readonly gated: string;
  readonly record: string;
  readonly attempts: string;
  readonly gate: string;
}

/** A tree that does not want to end, and an application that ends with 9 when the gate is there. */
async function startWork(cluster: Cluster): Promise<Work> {
  const path = (name: string): string => join(cluster.directory, name);
  const [record, attempts, gate] = [path("record"), path("attempts"), path("gate")];
  const plain = await cluster.submit({ args: hostileTree(record), stop: { grace: "1s" } });
  const gated = await cluster.submit({
    args: `echo begun $$ >> ${attempts}; while [ ! -e ${gate} ]; do sleep 0.1; done; echo ended; exit 9`,
  });
  await eventually(
    () =>
      recordedPids(record).length === hostileNames.length && recordedPids(attempts).length === 1,
    20_000,
    "the work to run",
  );
  for (const id of [plain, gated]) await cluster.untilState(id, "RUNNING");
  return { plain, gated, record, attempts, gate };
}

async function expectUntouched(cluster: Cluster, work: Work): Promise<void> {
  const { plain, gated, record, attempts, gate } = work;
  const pids = recordedPids(record);
  await cluster.untilState(gated, "RUNNING");
  expect(stillRunning(pids)).toEqual(pids);
  expect(await cluster.aloha(["run", "--", "echo", "served"])).toMatchObject({
    exitCode: 0,
    stdout: "served\n",
  });
  await writeFile(gate, "");
  expect(await cluster.untilEnded(gated)).toMatchObject({
    attempt: 1,
    end: { state: "FAILED", exitCode: 9 },
  });
  expect(recordedPids(attempts).length).toBe(1);
  expect((await cluster.aloha(["kill", plain, "--wait"])).exitCode).toBe(0);
  expect(stillRunning(pids)).toEqual([]);
}

it("goes on with all work when the supervisor is killed -9, and tells its ends as they were", async () => {
  await using cluster = await Cluster.start({ settings });
  const work = await startWork(cluster);
  const agent = agentPidOf(cluster);
  const former = cluster.worker.supervisorPid;
  signalPid(former, "SIGKILL");
  await eventually(
    () => !isRunning(former) && cluster.worker.supervisorPid !== former,
    withinMs,
    "another supervisor",
  );
  await expectUntouched(cluster, work);
  expect(agentPidOf(cluster)).toBe(agent);
});

it("goes on with all work when supervisor and worker are killed -9 and come back", async () => {
  await using cluster = await Cluster.start({ settings });
  const work = await startWork(cluster);
  const supervisor = cluster.worker.supervisorPid;
  await cluster.worker.kill("SIGKILL");
  signalPid(supervisor, "SIGKILL");
  await eventually(() => !isRunning(supervisor), withinMs, "the supervisor to be gone");
  await cluster.worker.start();
  await expectUntouched(cluster, work);
});

it("ends every tree when the agent is killed -9, and goes on with another one", async () => {
  await using cluster = await Cluster.start({ settings });
  const work = await startWork(cluster);
  const former = agentPidOf(cluster);
  const supervisor = cluster.worker.supervisorPid;
  const pids = [...recordedPids(work.record), ...recordedPids(work.attempts)];
  signalPid(former, "SIGKILL");
  await eventually(() => stillRunning(pids).length === 0, withinMs, "the trees to be gone");
  expect((await cluster.untilEnded(work.plain)).end).toMatchObject({
    state: "ERROR",
    reason: "exit-unknown",
    exitCode: null,
  });
  expect(await cluster.aloha(["run", "--", "echo", "served"])).toMatchObject({
    exitCode: 0,
    stdout: "served\n",
  });
  expect(cluster.worker.supervisorPid).toBe(supervisor);
  expect(agentPidOf(cluster)).not.toBe(former);
});
