import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { guardianPidOf } from "./support/guardian.ts";
import { hostileNames, hostileTree } from "./support/hostile-tree.ts";
import { signalPid } from "./support/processes.ts";
import { readLines } from "./support/read-lines.ts";
import { isRunning, recordedPids, stillRunning } from "./support/recorded-pids.ts";

const goneWithinMs = 5_000;
/** Where processes are started from Node, nobody sees their ends but the supervisor. */
const fromNode = { "aloha.supervisor.spawner": "node" };

interface Work {
  /** Not relaunched. */
  readonly plain: string;
  /** Relaunched when it is lost; `attempts` has a line for each start. */
  readonly supervised: string;
  readonly record: string;
  readonly attempts: string;
}

async function startWork(cluster: Cluster): Promise<Work> {
  const path = (name: string): string => join(cluster.directory, name);
  const record = path("record");
  const attempts = path("attempts");
  const plain = await cluster.submit({ args: hostileTree(record) });
  const supervised = await cluster.submit({
    args: `echo attempt-$ALOHA_ATTEMPT_NUMBER $$ >> ${attempts}; while :; do sleep 0.1; done`,
    supervise: true,
  });
  await eventually(
    () => recordedPids(record).length === hostileNames.length && readLines(attempts).length === 1,
    20_000,
    "the work to run",
  );
  return { plain, supervised, record, attempts };
}

/** Everything of before is gone, its end is told as it was, what is supervised runs again, and new work is taken. */
async function expectTakenOver(cluster: Cluster, work: Work, reason: string): Promise<void> {
  const before = [...recordedPids(work.record), ...recordedPids(work.attempts).slice(0, 1)];
  await eventually(() => stillRunning(before).length === 0, goneWithinMs, "the trees to be gone");
  expect((await cluster.untilEnded(work.plain)).end).toMatchObject({
    state: "ERROR",
    reason,
    exitCode: null,
  });
  const relaunched = await eventually(
    async () => {
      const application = await cluster.application(work.supervised);
      return application.attempt === 2 && application.state === "RUNNING" && application;
    },
    20_000,
    "the second attempt",
  );
  expect(relaunched.attempts.map(({ number }) => number)).toEqual([1, 2]);
  await eventually(
    () => readLines(work.attempts).length === 2,
    10_000,
    "the second attempt to write",
  );
  expect(await cluster.aloha(["run", "--", "echo", "served"])).toMatchObject({
    exitCode: 0,
    stdout: "served\n",
  });
}

it("starts processes from Node where it is told to, and ends every tree when the supervisor is killed -9, says that nobody saw the ends, and starts another", async () => {
  await using cluster = await Cluster.start({ settings: fromNode });
  const work = await startWork(cluster);
  const former = cluster.worker.supervisorPid;
  const guardian = guardianPidOf(former);
  signalPid(former, "SIGKILL");
  await eventually(
    () => cluster.worker.supervisorPid !== former,
    goneWithinMs,
    "another supervisor",
  );
  await expectTakenOver(cluster, work, "exit-unknown");
  await eventually(
    () => guardian !== undefined && !isRunning(guardian),
    10_000,
    "the guardian to end with what it guarded",
  );
});

it("ends every tree when supervisor and worker are killed -9 and no worker comes back for a while", async () => {
  await using cluster = await Cluster.start({ settings: fromNode });
  const work = await startWork(cluster);
  const supervisor = cluster.worker.supervisorPid;
  await cluster.worker.kill("SIGKILL");
  signalPid(supervisor, "SIGKILL");
  const before = [...recordedPids(work.record), ...recordedPids(work.attempts)];
  await eventually(() => stillRunning(before).length === 0, goneWithinMs, "the trees to be gone");
  await cluster.worker.start();
  await expectTakenOver(cluster, work, "exit-unknown");
});

it("ends every tree when the guardian is killed -9, says why, and goes on under a new one", async () => {
  await using cluster = await Cluster.start({ settings: fromNode });
  const work = await startWork(cluster);
  const supervisor = cluster.worker.supervisorPid;
  const former = guardianPidOf(supervisor)!;
  signalPid(former, "SIGKILL");
  await expectTakenOver(cluster, work, "supervision-lost");
  expect(cluster.worker.supervisorPid).toBe(supervisor);
  const successor = await eventually(() => guardianPidOf(supervisor), 10_000, "a new guardian");
  expect(successor).not.toBe(former);
});

it("replaces a guardian that was stopped, while work goes on", async () => {
  await using cluster = await Cluster.start({ settings: fromNode });
  const gate = join(cluster.directory, "gate");
  const id = await cluster.submit({ args: `while [ ! -e ${gate} ]; do sleep 0.1; done; exit 9` });
  await cluster.untilState(id, "RUNNING");
  const supervisor = cluster.worker.supervisorPid;
  const stopped = guardianPidOf(supervisor)!;
  signalPid(stopped, "SIGSTOP");
  await eventually(() => !isRunning(stopped), 20_000, "the stopped guardian to be replaced");
  await eventually(() => guardianPidOf(supervisor), 10_000, "a new guardian");
  expect(await cluster.application(id)).toMatchObject({ state: "RUNNING", attempt: 1 });
  await writeFile(gate, "");
  expect((await cluster.untilEnded(id)).end).toMatchObject({ state: "FAILED", exitCode: 9 });
});
