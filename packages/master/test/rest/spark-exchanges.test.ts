/**
 * The exchanges of Spark's own REST client and of its test suites for this protocol (RestSubmissionClient,
 * StandaloneRestSubmitSuite, SubmitRestProtocolSuite of Spark 4), replayed against a master. Each test names
 * what Spark expects there; answers of a real Spark master were read beside them. Where this master answers
 * differently on purpose, the test says so.
 */
import { expect, test } from "vitest";
import { neverElected, runningMaster, softwareVersion } from "../running-master.ts";
import { callSubmissions, type Answer } from "./submissions-call.ts";

/** As the client writes it: every field, and the master's own address among the properties. */
const request = {
  action: "CreateSubmissionRequest",
  appArgs: ["one", "two", "three"],
  appResource: "my-app-resource",
  clientSparkVersion: "4.0.0",
  environmentVariables: { SPARK_ONE: "UN", SPARK_TWO: "DEUX" },
  mainClass: "my-main-class",
  sparkProperties: { "spark.app.name": "pi", "spark.master": "spark://127.0.0.1:6066" },
};

/** The client sends no body with a kill, and this with a creation. */
const clientHeaders = { "content-type": "application/json", charset: "utf-8" };

interface Server {
  readonly url: string;
  readonly create: (body?: unknown) => Promise<Answer>;
  readonly kill: (id: string) => Promise<Answer>;
  readonly status: (id: string) => Promise<Answer>;
}

async function server(): Promise<Server> {
  const { url } = await runningMaster();
  return serverAt(url);
}

function serverAt(url: string): Server {
  const base = `${url}/v1/submissions`;
  return {
    url: base,
    create: (body = request) => callSubmissions(`${base}/create`, "POST", body, clientHeaders),
    kill: (id) => callSubmissions(`${base}/kill/${id}`, "POST"),
    status: (id) => callSubmissions(`${base}/status/${id}`),
  };
}

/** What the client checks of every answer before it believes it: a response of its own kind, with the server's version. */
function expectResponse(answer: Answer, action: string, status = 200): void {
  expect(answer.status).toBe(status);
  expect(answer.type).toMatch(/^application\/json; ?charset=utf-8$/);
  expect(answer.body).toMatchObject({ action, serverSparkVersion: softwareVersion });
}

function expectError(answer: Answer, status = 400): void {
  expectResponse(answer, "ErrorResponse", status);
  expect(answer.body["message"]).toEqual(expect.any(String));
}

test("create submission: an id that clients recognise, and the message that they print", async () => {
  const { create } = await server();
  const answer = await create();
  expectResponse(answer, "CreateSubmissionResponse");
  const id = String(answer.body["submissionId"]);
  expect(id).toMatch(/^driver-[0-9]{14}-[0-9]{4,}$/);
  expect(/driver-[0-9-]+/.exec(answer.text)?.[0]).toBe(id);
  expect(answer.text).toBe(
    [
      "{",
      '  "action" : "CreateSubmissionResponse",',
      `  "message" : "Driver successfully submitted as ${id}",`,
      `  "serverSparkVersion" : "${softwareVersion}",`,
      `  "submissionId" : "${id}",`,
      '  "success" : true',
      "}",
    ].join("\n"),
  );
});

test("a client that splits lines at ' : ' finds the same as one that reads JSON", async () => {
  const { create, status } = await server();
  const { body } = await create();
  for (const answer of [
    await status(String(body["submissionId"])),
    await create({ ...request, x: 1 }),
  ]) {
    const lines = answer.text
      .split("\n")
      .filter((line) => line.includes(" : "))
      .map((line) => line.trim().replace(/,$/, "").split(" : "));
    const read = lines.map(
      ([key = "", value = ""]) => [JSON.parse(key), JSON.parse(value)] as const,
    );
    expect(Object.fromEntries(read)).toEqual(answer.body);
    const keys = read.map(([key]) => key as string);
    expect(keys).toEqual([...keys].sort());
  }
});

test("kill submission: of one that lives, of one that was killed", async () => {
  const { create, kill } = await server();
  const id = String((await create()).body["submissionId"]);
  const killed = await kill(id);
  expectResponse(killed, "KillSubmissionResponse");
  expect(killed.body).toMatchObject({
    message: `Kill request for ${id} submitted`,
    submissionId: id,
    success: true,
  });
  expect((await kill(id)).body).toMatchObject({
    message: `Driver ${id} has already finished or does not exist`,
    success: false,
  });
});

test("create then request status: a driver that waits is SUBMITTED, without worker and message", async () => {
  const { create, status } = await server();
  const id = String((await create()).body["submissionId"]);
  const answer = await status(id);
  expectResponse(answer, "SubmissionStatusResponse");
  expect(answer.body).toEqual({
    action: "SubmissionStatusResponse",
    driverState: "SUBMITTED",
    serverSparkVersion: softwareVersion,
    submissionId: id,
    success: true,
  });
});

test("create then kill then request status: the one is KILLED, the other is not", async () => {
  const { create, kill, status } = await server();
  const first = String((await create()).body["submissionId"]);
  const second = String((await create()).body["submissionId"]);
  expect(first).not.toBe(second);
  await kill(first);
  expect((await status(first)).body).toMatchObject({ driverState: "KILLED", success: true });
  expect((await status(second)).body).toMatchObject({ driverState: "SUBMITTED", success: true });
});

test("kill or request status before create: answers with success false, not errors", async () => {
  const { kill, status } = await server();
  const killed = await kill("driver-19700101000000-0000");
  expectResponse(killed, "KillSubmissionResponse");
  expect(killed.body).toMatchObject({ submissionId: "driver-19700101000000-0000", success: false });
  const unknown = await status("driver-19700101000000-0000");
  expectResponse(unknown, "SubmissionStatusResponse");
  expect(unknown.body).toMatchObject({
    submissionId: "driver-19700101000000-0000",
    success: false,
  });
  expect(unknown.body).not.toHaveProperty("driverState");
});

test("kill all: every driver, and nothing that was not submitted in this dialect", async () => {
  const { url, create, status } = await server();
  const drivers = [await create(), await create(), await create()];
  const other = await create({ action: request.action, name: "job", entryPoint: "shell" });
  const answer = await callSubmissions(`${url}/killall`, "POST");
  expect(answer.text).toBe(
    [
      "{",
      '  "action" : "KillAllSubmissionResponse",',
      '  "message" : "Kill request for all drivers submitted",',
      `  "serverSparkVersion" : "${softwareVersion}",`,
      '  "success" : true',
      "}",
    ].join("\n"),
  );
  for (const { body } of drivers) {
    expect((await status(String(body["submissionId"]))).body["driverState"]).toBe("KILLED");
  }
  const kept = await status(String(other.body["submissionId"]));
  expect(kept.body["driverState"]).toBe("SUBMITTED");
});

test("clear: drivers that have ended are forgotten, others are not; the message is there, and empty", async () => {
  const { url, create, kill, status } = await server();
  const ended = String((await create()).body["submissionId"]);
  const waiting = String((await create()).body["submissionId"]);
  const aloha = await create({ action: request.action, name: "job", entryPoint: "shell" });
  const other = String(aloha.body["submissionId"]);
  await kill(ended);
  await kill(other);
  const answer = await callSubmissions(`${url}/clear`, "POST");
  expectResponse(answer, "ClearResponse");
  expect(answer.body).toMatchObject({ message: "", success: true });
  expect((await status(ended)).body).toMatchObject({ success: false });
  expect((await status(waiting)).body).toMatchObject({ driverState: "SUBMITTED" });
  expect((await status(other)).body).toMatchObject({ driverState: "KILLED" });
});

test("readyz: 200 where it leads; 503 and the words where it does not", async () => {
  const { url } = await server();
  const ready = await callSubmissions(`${url}/readyz`);
  expectResponse(ready, "ReadyzResponse");
  expect(ready.body).toMatchObject({ success: true, message: expect.any(String) });
  const standby = await runningMaster({ election: neverElected });
  const answer = await callSubmissions(`${standby.url}/v1/submissions/readyz`);
  expectResponse(answer, "ReadyzResponse", 503);
  expect(answer.body).toMatchObject({ success: false, message: "Master is not ready." });
});

test("responses of a backup master: success false, and the words at which the client goes on to the next", async () => {
  const { url } = await runningMaster({ election: neverElected });
  const backup = serverAt(url);
  const answers = [
    await backup.create(),
    await backup.kill("driver-19700101000000-0000"),
    await backup.status("driver-19700101000000-0000"),
    await callSubmissions(`${backup.url}/killall`, "POST"),
    await callSubmissions(`${backup.url}/clear`, "POST"),
  ];
  for (const answer of answers) {
    expect(answer).toMatchObject({
      status: 200,
      body: {
        success: false,
        message: expect.stringMatching(/^Current state is not alive: STANDBY\. /),
      },
    });
  }
  expect(answers[0]?.body["message"]).toContain("driver submissions");
});

test("good request paths: what follows the id or the action is ignored", async () => {
  const { url, create, kill, status } = await server();
  expectResponse(await create(), "CreateSubmissionResponse");
  for (const path of ["anything", "any/thing"]) {
    const [id] = path.split("/");
    expect((await kill(path)).body).toMatchObject({ submissionId: id });
    expect((await status(path)).body).toMatchObject({ submissionId: id });
  }
  expectResponse(await callSubmissions(`${url}/killall/x`, "POST"), "KillAllSubmissionResponse");
  expectResponse(await callSubmissions(`${url}/clear/x`, "POST"), "ClearResponse");
  expectResponse(await callSubmissions(`${url}/readyz/x`), "ReadyzResponse");
});

test("good request paths, bad requests: no body, no action, half a body, no id", async () => {
  const { url, create } = await server();
  const json = JSON.stringify(request, undefined, 2);
  expectError(await callSubmissions(`${url}/create`, "POST"));
  expectError(await create(json.replaceAll("action", "fraction")));
  expectError(await create(json.slice(json.length / 2)));
  expectError(await callSubmissions(`${url}/kill`, "POST"));
  expectError(await callSubmissions(`${url}/kill/`, "POST"));
  expectError(await callSubmissions(`${url}/status`));
  expectError(await callSubmissions(`${url}/status/`));
});

test("bad request paths: 400 without a version, 468 with the highest one for an unknown version alone", async () => {
  const { url } = await runningMaster();
  for (const path of [
    "",
    "/",
    "/v1",
    "/v1/",
    "/v1/submissions",
    "/v1/submissions/",
    "/v1/submissions/bad",
  ]) {
    const answer = await callSubmissions(`${url}${path}`);
    expectError(answer);
    expect(answer.body).not.toHaveProperty("highestProtocolVersion");
  }
  const answer = await callSubmissions(`${url}/bad-version`);
  expectError(answer, 468);
  expect(answer.body["highestProtocolVersion"]).toBe("v1");
});

test.each([
  ["GET", "create", "POST"],
  ["GET", "create/x", "POST"],
  ["PUT", "create", "POST"],
  ["DELETE", "kill/x", "POST"],
  ["GET", "kill/x", "POST"],
  ["GET", "killall", "POST"],
  ["GET", "clear", "POST"],
  ["POST", "status/x", "GET"],
  ["POST", "readyz", "GET"],
] as const)(
  "%s %s is 405 as with Spark, in JSON where Spark sends a page",
  async (method, path, allow) => {
    const { url } = await server();
    const answer = await callSubmissions(`${url}/${path}`, method);
    expectError(answer, 405);
    expect(answer.allow).toBe(allow);
    expect(answer.body["message"]).toContain(`use ${allow}`);
  },
);

test("a message of another kind, and one that nobody knows: 400, where Spark answers the latter with 500 and a page", async () => {
  const { create } = await server();
  for (const action of ["KillSubmissionResponse", "ErrorResponse", "NoSuchRequest", ""]) {
    const answer = await create({ ...request, action, serverSparkVersion: "1", success: true });
    expectError(answer);
    expect(answer.text).not.toMatch(/\bat .*\(|Exception/);
  }
});

test("fields that the server does not know are named, and the submission is taken", async () => {
  const { create } = await server();
  const { body } = await create({ ...request, whatever: 1, "spark.else": {} });
  expect(body).toMatchObject({ success: true, unknownFields: ["whatever", "spark.else"] });
});

test.each(["application/json", "text/plain", "application/x-www-form-urlencoded", "not a type"])(
  "a body that says it is %s is read all the same",
  async (type) => {
    const { url } = await server();
    const answer = await callSubmissions(`${url}/create`, "POST", request, {
      "content-type": type,
    });
    expectResponse(answer, "CreateSubmissionResponse");
  },
);

test("validate: each required field that is missing, and each typed property that is wrong, is 400", async () => {
  const { create } = await server();
  const { action } = request;
  const broken: readonly unknown[] = [
    { action },
    { action, clientSparkVersion: "1.2.3" },
    { ...request, clientSparkVersion: null },
    { ...request, appResource: null },
    { ...request, sparkProperties: null },
    { ...request, sparkProperties: {} },
    ...[
      ["spark.driver.cores", "one hundred feet"],
      ["spark.driver.supervise", "nope, never"],
      ["spark.cores.max", "two men"],
      ["spark.driver.memory", "much"],
      ["spark.executor.memory", "more"],
    ].map(([name = "", value]) => ({
      ...request,
      sparkProperties: { ...request.sparkProperties, [name]: value },
    })),
  ];
  for (const body of broken) expectError(await create(body));
  const optional = {
    "spark.jars": "mayonnaise.jar,ketchup.jar",
    "spark.files": "fireball.png",
    "spark.driver.memory": "512m",
    "spark.driver.cores": "180",
    "spark.driver.extraJavaOptions": " -Dslices=5 -Dcolor=mostly_red",
    "spark.driver.extraClassPath": "food-coloring.jar",
    "spark.driver.extraLibraryPath": "pickle.jar",
    "spark.driver.supervise": "false",
    "spark.executor.memory": "256m",
    "spark.cores.max": "10000",
  };
  const sparkProperties = { ...request.sparkProperties, ...optional };
  const answer = await create({
    ...request,
    sparkProperties,
    environmentVariables: { PATH: "/dev/null" },
  });
  expectResponse(answer, "CreateSubmissionResponse");
  expect(answer.body).not.toHaveProperty("unknownFields");
});

test("a server that is gone refuses the connection, at which the client goes on to the next", async () => {
  const { master, url } = await runningMaster();
  await master.stop();
  await expect(callSubmissions(`${url}/v1/submissions/status/x`)).rejects.toMatchObject({
    cause: { code: "ECONNREFUSED" },
  });
});
