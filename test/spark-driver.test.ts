import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { http } from "./support/http.ts";
import { processesOf } from "./support/processes-of.ts";

/** Tells what it was asked, and then is the driver that its last argument describes in bash. */
const standIn = `#!/bin/bash
printf '%s\\n' "$@" > submitted-with
printf '%s\\n' "$SPARK_HOME" "$MASTER" "$DATA" > submitted-in
eval "\${@: -1}"
`;

let home: string;
let cluster: Cluster;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "aloha-spark-home-"));
  mkdirSync(join(home, "bin"));
  writeFileSync(join(home, "bin", "spark-submit"), standIn);
  chmodSync(join(home, "bin", "spark-submit"), 0o755);
  cluster = await Cluster.start({ workerEnv: { SPARK_HOME: home, DATA_HOME: "/data" } });
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});
beforeEach(() => cluster.showLogsIfTestFails());

type Fields = Readonly<Record<string, unknown>>;

async function submitDriver(to: Cluster, script: string): Promise<string> {
  const answer = await http("POST", `${to.url}/v1/submissions/create`, {
    action: "CreateSubmissionRequest",
    clientSparkVersion: "4.0.0",
    appResource: "/opt/pie.jar",
    mainClass: "org.example.Pie",
    appArgs: [script],
    sparkProperties: {
      "spark.app.name": "pie",
      "spark.master": `spark://127.0.0.1:${to.restPort}`,
      "spark.driver.cores": "2",
      "spark.driver.memory": "256m",
      "spark.data": "{{DATA_HOME}}",
    },
    environmentVariables: { DATA: "{{DATA_HOME}}", SPARK_HOME: "/client/spark" },
  });
  const { submissionId } = answer.json<Fields>();
  expect(submissionId).toMatch(/^driver-/);
  return String(submissionId);
}

/** The status once the driver is in this state. */
function statusIn(to: Cluster, id: string, state: string): Promise<Fields> {
  return eventually(
    async () => {
      const answer = await http("GET", `${to.url}/v1/submissions/status/${id}`);
      const status = answer.json<Fields>();
      return status["driverState"] === state && status;
    },
    20_000,
    `${id} to be ${state}`,
  );
}

it("runs a driver by the worker's spark-submit, with what the request says, and the worker's variables for placeholders", async () => {
  const id = await submitDriver(cluster, "cat submitted-with submitted-in");
  expect(await statusIn(cluster, id, "FINISHED")).toMatchObject({
    success: true,
    workerId: expect.any(String),
    workerHostPort: expect.stringMatching(/^127\.0\.0\.1:/),
  });
  const { stdout } = await cluster.aloha(["logs", id]);
  expect(stdout.trimEnd().split("\n")).toEqual([
    ...["--deploy-mode", "client"],
    ...["--conf", "spark.app.name=pie"],
    ...["--conf", "spark.driver.cores=2"],
    ...["--conf", "spark.driver.memory=256m"],
    ...["--conf", "spark.data=/data"],
    ...["--class", "org.example.Pie", "/opt/pie.jar", "cat submitted-with submitted-in"],
    ...[home, "local[2]", "/data"],
  ]);
  expect(await cluster.application(id)).toMatchObject({ cores: 2, memoryMiB: 256 + 384 });
});

it("tells of a driver that fails, and kills one together with what it started", async () => {
  const failed = await submitDriver(cluster, "exit 3");
  expect(await statusIn(cluster, failed, "FAILED")).toMatchObject({
    message: "Failed with exit code 3",
  });
  const running = await submitDriver(cluster, "sleep 600 & sleep 600");
  await statusIn(cluster, running, "RUNNING");
  const killed = await http("POST", `${cluster.url}/v1/submissions/kill/${running}`);
  expect(killed.json()).toMatchObject({ success: true });
  await statusIn(cluster, running, "KILLED");
  expect(processesOf(cluster, running)).toEqual([]);
});

it("ends a driver with words where the worker has no SPARK_HOME", async () => {
  await using bare = await Cluster.start();
  const id = await submitDriver(bare, "true");
  expect(await statusIn(bare, id, "ERROR")).toMatchObject({
    message: expect.stringMatching(/SPARK_HOME is not set on worker .*conf\/aloha-env\.sh/),
  });
});
