import type { OverviewView } from "@aloha/api";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { curl } from "./support/aloha.ts";
import { Cluster } from "./support/cluster.ts";

let cluster: Cluster;
let accepted: string;

beforeAll(async () => {
  cluster = await Cluster.start();
  accepted = await cluster.submit({ name: "before", args: "true" });
  await cluster.untilState(accepted, "FINISHED");
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());
afterEach(async () => {
  // Nothing of what follows is accepted, harms the master, or costs what was there.
  expect(cluster.master.isRunning).toBe(true);
  const list = (await cluster.get("/api/v1/applications")).json<{
    readonly applications: readonly { readonly id: string }[];
  }>();
  expect(list.applications).toMatchObject([{ id: accepted, state: "FINISHED" }]);
  expect((await cluster.get("/api/v1/overview")).json<OverviewView>()).toMatchObject({
    state: "ALIVE",
    epoch: 1,
  });
});

const hint = "Please submit requests through http://[host]:[port]/v1/submissions/...";
const create = "/v1/submissions/create";

describe("the submissions protocol", () => {
  it.for<readonly [method: string, path: string, status: number, message: string]>([
    ["GET", "/", 400, `Missing protocol version. ${hint}`],
    ["GET", "/v1", 400, `Missing the /submissions prefix. ${hint}`],
    ["GET", "/v1/", 400, `Missing the /submissions prefix. ${hint}`],
    ["GET", "/v1/elsewhere", 400, `Missing the /submissions prefix. ${hint}`],
    [
      "GET",
      "/v1/submissions",
      400,
      `Missing an action: please specify one of /create, /kill, or /status. ${hint}`,
    ],
    [
      "GET",
      "/v1/submissions/",
      400,
      `Missing an action: please specify one of /create, /kill, or /status. ${hint}`,
    ],
    [
      "POST",
      "/v1/submissions/frob",
      400,
      `Missing an action: please specify one of /create, /kill, or /status. ${hint}`,
    ],
    ["POST", "/v1/submissions/kill", 400, "Submission ID is missing in kill request."],
    ["POST", "/v1/submissions/kill/", 400, "Submission ID is missing in kill request."],
    ["GET", "/v1/submissions/status", 400, "Submission ID is missing in status request."],
    ["GET", "/v1/submissions/status/", 400, "Submission ID is missing in status request."],
  ])("answers %s %s with an ErrorResponse", async ([method, path, status, message]) => {
    const { stdout } = await curl([
      "-X",
      method,
      "-w",
      "\n%{http_code}\n%{content_type}",
      cluster.url + path,
    ]);
    expect(stdout).toBe(
      [
        "{",
        '  "action" : "ErrorResponse",',
        `  "message" : ${JSON.stringify(message)},`,
        '  "serverSparkVersion" : "0.1.0"',
        "}",
        status,
        "application/json; charset=utf-8",
      ].join("\n"),
    );
  });

  it("answers an unknown version with 468 and the highest that it knows", async () => {
    const { stdout } = await curl([
      "-w",
      "\n%{http_code}",
      `${cluster.url}/v2/submissions/status/x`,
    ]);
    expect(stdout).toBe(
      [
        "{",
        '  "action" : "ErrorResponse",',
        '  "highestProtocolVersion" : "v1",',
        `  "message" : "Unknown protocol version 'v2'. ${hint}",`,
        '  "serverSparkVersion" : "0.1.0"',
        "}",
        "468",
      ].join("\n"),
    );
  });

  it("answers an unknown id with success false and 200, and takes what follows the id for nothing", async () => {
    const kill = await cluster.post("/v1/submissions/kill/any/thing", "");
    expect(kill.status).toBe(200);
    expect(kill.text).toBe(
      [
        "{",
        '  "action" : "KillSubmissionResponse",',
        '  "message" : "App any has already finished or does not exist",',
        '  "serverSparkVersion" : "0.1.0",',
        '  "submissionId" : "any",',
        '  "success" : false',
        "}",
      ].join("\n"),
    );
    const driver = await cluster.post("/v1/submissions/kill/driver-20260101000000-0001", "");
    expect(driver.json()).toMatchObject({
      message: "Driver driver-20260101000000-0001 has already finished or does not exist",
    });
    const status = await cluster.get("/v1/submissions/status/any");
    expect(status.status).toBe(200);
    expect(status.text).toBe(
      [
        "{",
        '  "action" : "SubmissionStatusResponse",',
        '  "serverSparkVersion" : "0.1.0",',
        '  "submissionId" : "any",',
        '  "success" : false',
        "}",
      ].join("\n"),
    );
  });

  const valid = { action: "CreateSubmissionRequest", name: "x", entryPoint: "shell" };
  it.for<readonly [what: string, body: unknown, message: RegExp]>([
    ["no body", "", /the body is empty/],
    ["a body that is no JSON", "xx", /the body is not JSON/],
    [
      "NaN",
      '{"action":"CreateSubmissionRequest","name":"x","entryPoint":"shell","cores":NaN}',
      /the body is not JSON/,
    ],
    ["a list", [], /not a JSON object/],
    ["no action", { ...valid, action: undefined }, /'action' is missing/],
    ["another action", { ...valid, action: "Frob" }, /the action "Frob" is not known/],
    ["no name", { ...valid, name: undefined }, /'name' is missing/],
    ["an empty name", { ...valid, name: "" }, /name must be a text of 1 to 256 characters/],
    ["no entry point", { ...valid, entryPoint: undefined }, /'entryPoint' is missing/],
    [
      "an unknown entry point",
      { ...valid, entryPoint: "cobol" },
      /entryPoint must be one of shell, .*but is "cobol"/,
    ],
    ["negative cores", { ...valid, cores: -1 }, /'cores' must be a whole number above 0, not -1/],
    ["no cores", { ...valid, cores: 0 }, /'cores' must be a whole number above 0, not 0/],
    ["half a core", { ...valid, cores: 0.5 }, /'cores' must be a whole number above 0, not 0.5/],
    [
      "infinite memory",
      `{"action":"CreateSubmissionRequest","name":"x","entryPoint":"shell","memory":1e999}`,
      /'memory' must be a whole number above 0/,
    ],
    ["negative memory", { ...valid, memory: "-5" }, /'memory' must be a whole number above 0/],
    ["args that are no text", { ...valid, args: { a: 1 } }, /'args' must be one text/],
    [
      "Spark's dialect without properties",
      { action: "CreateSubmissionRequest", appResource: "a.jar", clientSparkVersion: "4.0.0" },
      /'sparkProperties' is missing/,
    ],
  ])("answers %s with 400", async ([, body, message]) => {
    const { status, text, headers } = await cluster.post(create, body);
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    const answer = JSON.parse(text) as { readonly action: string; readonly message: string };
    expect(answer.action).toBe("ErrorResponse");
    expect(answer.message).toMatch(message);
    expect(text).toMatch(
      /^\{\n {2}"action" : "ErrorResponse",\n {2}"message" : ".*",\n {2}"serverSparkVersion" : "0.1.0"\n\}$/,
    );
  });
});

describe("the native API", () => {
  const valid = { name: "x", entryPoint: "shell" };
  it.for<readonly [what: string, body: unknown, status: number, message: RegExp]>([
    ["100,000 brackets", "[".repeat(100_000), 400, /nested more than 32 levels deep/],
    [
      "100,000 objects in each other",
      '{"name":'.repeat(100_000),
      400,
      /nested more than 32 levels deep/,
    ],
    ["2 MiB", { ...valid, args: "a".repeat(2 * 1024 * 1024) }, 413, /larger than 1048576 bytes/],
    [
      "bytes that are no UTF-8",
      Buffer.from('{"name":"\xff\xfe","entryPoint":"shell"}', "latin1"),
      400,
      /not UTF-8/,
    ],
    ["half a character", '{"name":"\\ud800","entryPoint":"shell"}', 400, /half a character/],
    ["NUL in a name", { ...valid, name: "a\0b" }, 400, /name must be free of control characters/],
    [
      "a line break in a name",
      { ...valid, name: "a\nb" },
      400,
      /name must be free of control characters/,
    ],
    [
      "an escape sequence in a label",
      { ...valid, labels: { a: "\u001b[31m" } },
      400,
      /labels\.a must be free of control characters/,
    ],
    ["NUL in a script", { ...valid, args: "a\0b" }, 400, /args must not contain NUL/],
    [
      "cores finer than thousandths",
      { ...valid, cores: 0.0001 },
      400,
      /cores must be a number from 0.001/,
    ],
    [
      "absurdly many cores",
      { ...valid, cores: 1e300 },
      400,
      /cores must be a number from 0.001 to 100000/,
    ],
    ["cores as a text", { ...valid, cores: "NaN" }, 400, /cores must be a number/],
    ["negative memory", { ...valid, memory: -1 }, 400, /memory must be a size/],
    ["no memory", { ...valid, memory: 0 }, 400, /memory must be a size/],
    [
      "a duration without a unit",
      { ...valid, timeout: 5 },
      400,
      /timeout must be a duration with a unit/,
    ],
    [
      "an unknown field, with the nearest",
      { ...valid, nmae: "x" },
      400,
      /"nmae" is not a field; did you mean name\?/,
    ],
    [
      "a field that is not available yet",
      { ...valid, priority: 5 },
      400,
      /priority is not available yet/,
    ],
    [
      "an unknown signal",
      { ...valid, stop: { signal: "SIGFOO" } },
      400,
      /stop\.signal must be one of SIGTERM/,
    ],
    [
      "a variable of Aloha's own",
      { ...valid, environment: { ALOHA_ATTEMPT: "1" } },
      400,
      /environment has the name "ALOHA_ATTEMPT"/,
    ],
    [
      "an exit code of 256",
      { ...valid, successExitCodes: [256] },
      400,
      /successExitCodes\[0\] must be a whole number from 0 to 255/,
    ],
    [
      "code without the libs in which it is looked for",
      { ...valid, entryPoint: "mod#Export" },
      400,
      /libs must name where the module/,
    ],
  ])("refuses %s", async ([, body, status, message]) => {
    const answer = await cluster.post("/api/v1/applications", body);
    expect(answer.status).toBe(status);
    const { error } = answer.json<{
      readonly error: { readonly code: string; readonly message: string };
    }>();
    expect(error.code).toBe("invalid-argument");
    expect(error.message).toMatch(message);
    expect(answer.text.length).toBeLessThan(2000);
  });

  it("names everything that is wrong, not only the first", async () => {
    const { error } = (
      await cluster.post("/api/v1/applications", { cores: -1, memory: "lots", colour: 1 })
    ).json<{ readonly error: { readonly details: readonly string[] } }>();
    expect(error.details.map((detail) => /^"?(\w+)/.exec(detail)?.[1])).toEqual([
      "colour",
      "name",
      "entryPoint",
      "cores",
      "memory",
    ]);
  });

  it.for<readonly [method: "GET" | "POST", path: string, status: number, code: string]>([
    ["GET", "/api/v1/applications/app-1", 404, "not-found"],
    ["GET", "/api/v1/applications/%00", 404, "not-found"],
    ["GET", "/api/v1/applications/%ff", 400, "invalid-argument"],
    ["GET", "/api/v1/nothing", 404, "not-found"],
    ["GET", "/api/v1/applications?limit=-1", 400, "invalid-argument"],
    ["GET", "/api/v1/applications?state=TIRED", 400, "invalid-argument"],
    ["GET", "/api/v1/applications?colour=red", 400, "invalid-argument"],
    ["GET", "/api/v1/applications?cursor=x", 400, "invalid-argument"],
    ["POST", "/api/v1/applications/app-1/kill", 404, "not-found"],
    ["GET", "/api/v1/applications/app-1/why", 404, "not-found"],
    ["GET", "/api/v1/applications/app-1/attempts/1/logs/stdout", 404, "not-found"],
    ["GET", "/api/v1/events?after=99999", 410, "not-found"],
    ["GET", "/api/v1/events?after=x", 400, "invalid-argument"],
  ])("answers %s %s with %i", async ([method, path, status, code]) => {
    const { stdout } = await curl(["-X", method, "-w", "\n%{http_code}", cluster.url + path]);
    const end = stdout.lastIndexOf("\n");
    expect(Number(stdout.slice(end + 1))).toBe(status);
    expect(JSON.parse(stdout.slice(0, end))).toMatchObject({
      error: { code, message: expect.stringMatching(/.{15}/) as unknown },
    });
  });

  it("serves no web page of another origin, and no name that points at loopback", async () => {
    const body = '{"name":"x","entryPoint":"shell"}';
    const origin = await curl([
      "-H",
      "Origin: http://evil.example",
      "-d",
      body,
      "-w",
      "%{http_code}",
      `${cluster.url}/api/v1/applications`,
    ]);
    expect(origin.stdout).toMatch(/another origin.*403$/s);
    const host = await curl([
      "-H",
      "Host: evil.example",
      "-d",
      body,
      "-w",
      "%{http_code}",
      `${cluster.url}${create}`,
    ]);
    expect(host.stdout).toMatch(/evil\.example.*403$/s);
  });
});
