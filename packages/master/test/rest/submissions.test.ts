import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { neverElected, runningMaster, softwareVersion } from "../running-master.ts";

const create = {
  action: "CreateSubmissionRequest",
  name: "job",
  entryPoint: "shell",
  args: "true",
};
const hint = "Please submit requests through http://[host]:[port]/v1/submissions/...";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function call(
  url: string,
  method: "GET" | "POST" = "GET",
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: body as string }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    text,
    body: JSON.parse(text) as Readonly<Record<string, unknown>>,
  };
}

function post(url: string, body: unknown): Promise<Answer> {
  return call(`${url}/v1/submissions/create`, "POST", JSON.stringify(body));
}

test("a submission is answered byte for byte as the original's clients expect", async () => {
  const { url } = await runningMaster();
  const answer = await post(url, { ...create, whatever: 1, another: { x: [] } });
  expect(answer.status).toBe(200);
  expect(answer.type).toBe("application/json; charset=utf-8");
  const id = String(answer.body["submissionId"]);
  expect(id).toMatch(/^app-[0-9]{14}-[0-9]{4,}$/);
  expect(answer.text).toBe(
    [
      "{",
      '  "action" : "CreateSubmissionResponse",',
      `  "message" : "Application successfully submitted as ${id}",`,
      `  "serverSparkVersion" : "${softwareVersion}",`,
      `  "submissionId" : "${id}",`,
      '  "success" : true,',
      '  "unknownFields" : [ "whatever", "another" ]',
      "}",
    ].join("\n"),
  );
});

test("unknownFields is left out where there are none, and defaults are those of the original", async () => {
  const { url } = await runningMaster();
  const answer = await post(url, {
    action: "CreateSubmissionRequest",
    name: "job",
    entryPoint: "me.jrwang.app.SimpleProcess",
    libs: null,
  });
  expect(answer.body).toMatchObject({ success: true });
  expect(answer.body).not.toHaveProperty("unknownFields");
  const native = await call(`${url}/api/v1/applications/${String(answer.body["submissionId"])}`);
  expect(native.body).toMatchObject({
    cores: 1,
    memoryMiB: 1024,
    description: { args: "", libs: [], supervise: false },
  });
});

test("all seven fields arrive, also where numbers and flags are written as texts", async () => {
  const { url } = await runningMaster();
  const answer = await post(url, {
    ...create,
    libs: ["/opt/x.jar"],
    args: "sleep 1",
    memory: "512",
    cores: "2",
    supervise: "true",
  });
  const native = await call(`${url}/api/v1/applications/${String(answer.body["submissionId"])}`);
  expect(native.body).toMatchObject({
    cores: 2,
    memoryMiB: 512,
    description: {
      name: "job",
      entryPoint: "shell",
      args: "sleep 1",
      libs: ["/opt/x.jar"],
      supervise: true,
    },
  });
});

test("curl -d, which says that it sends a form, is read as JSON; so is a body without or with a strange type", async () => {
  const { url } = await runningMaster();
  for (const type of [
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/json; charset=utf-8",
    "garbage",
  ]) {
    const answer = await call(`${url}/v1/submissions/create`, "POST", JSON.stringify(create), {
      "content-type": type,
    });
    expect([type, answer.status, answer.body["success"]]).toEqual([type, 200, true]);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(create));
  expect((await call(`${url}/v1/submissions/create`, "POST", bytes)).body["success"]).toBe(true);
});

test("paths below create are create", async () => {
  const { url } = await runningMaster();
  expect(
    (await call(`${url}/v1/submissions/create/`, "POST", JSON.stringify(create))).body["success"],
  ).toBe(true);
  expect(
    (await call(`${url}/v1/submissions/create/anything/else`, "POST", JSON.stringify(create))).body[
      "success"
    ],
  ).toBe(true);
});

test.each([
  ["no body", "", /the body is empty/],
  ["text", "not json", /not JSON/],
  ["half of a body", '{"action": "CreateSubmissionReq', /not JSON/],
  ["a list", "[1]", /not a JSON object/],
  ["bad UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), /not UTF-8/],
  ["no action", '{"name":"x","entryPoint":"shell"}', /'action' is missing/],
  [
    "an unknown action",
    '{"action":"KillSubmissionRequest","name":"x","entryPoint":"shell"}',
    /the action "KillSubmissionRequest" is not known/,
  ],
  [
    "an action that is no text",
    '{"action":{},"name":"x","entryPoint":"shell"}',
    /the action an object is not known/,
  ],
  [
    "no name",
    '{"action":"CreateSubmissionRequest","entryPoint":"shell"}',
    /'name' is missing in message CreateSubmissionRequest/,
  ],
  [
    "no entryPoint",
    '{"action":"CreateSubmissionRequest","name":"x"}',
    /'entryPoint' is missing in message CreateSubmissionRequest/,
  ],
  [
    "a null name",
    '{"action":"CreateSubmissionRequest","name":null,"entryPoint":"shell"}',
    /'name' is missing/,
  ],
  ["args as a list", JSON.stringify({ ...create, args: ["a"] }), /'args' must be one text/],
  ["libs as a text", JSON.stringify({ ...create, libs: "a" }), /libs/],
  [
    "supervise as a number",
    JSON.stringify({ ...create, supervise: 1 }),
    /'supervise' must be true or false/,
  ],
  [
    "negative cores",
    JSON.stringify({ ...create, cores: -1 }),
    /'cores' must be a whole number above 0, not -1/,
  ],
  ["no cores", JSON.stringify({ ...create, cores: 0 }), /'cores' must be a whole number above 0/],
  [
    "fractional cores",
    JSON.stringify({ ...create, cores: 0.5 }),
    /'cores' must be a whole number above 0/,
  ],
  [
    "fractional cores in a text",
    JSON.stringify({ ...create, cores: "1.5" }),
    /'cores' must be a whole number above 0/,
  ],
  [
    "negative memory",
    JSON.stringify({ ...create, memory: -1024 }),
    /'memory' must be a whole number above 0/,
  ],
  [
    "no memory",
    JSON.stringify({ ...create, memory: 0 }),
    /'memory' must be a whole number above 0/,
  ],
  [
    "fractional memory",
    JSON.stringify({ ...create, memory: 10.5 }),
    /'memory' must be a whole number above 0/,
  ],
  ["memory beyond any machine", JSON.stringify({ ...create, memory: 1e15 }), /memory/],
  ["an unknown type", JSON.stringify({ ...create, entryPoint: "no such type" }), /entryPoint/],
])(
  "%s is 400 with an ErrorResponse that says why, and no stack trace",
  async (_what, body, message) => {
    const { url } = await runningMaster();
    const answer = await call(`${url}/v1/submissions/create`, "POST", body);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual(["action", "message", "serverSparkVersion"]);
    expect(answer.body).toMatchObject({
      action: "ErrorResponse",
      message: expect.stringMatching(message),
      serverSparkVersion: softwareVersion,
    });
    expect(answer.text).not.toMatch(/\bat .*\.(ts|js)|node:/);
  },
);

test("a body that is too deep is 400 at once, however deep", async () => {
  const { url } = await runningMaster();
  const startedAt = performance.now();
  for (const depth of [33, 100_000]) {
    const body = `{"action":"CreateSubmissionRequest","name":"x","entryPoint":"shell","args":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    const answer = await call(`${url}/v1/submissions/create`, "POST", body);
    expect(answer.status).toBe(400);
    expect(answer.body["message"]).toMatch(/nested more than 32 levels/);
  }
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  const fine = { ...create, extra: JSON.parse(`${"[".repeat(31)}${"]".repeat(31)}`) as unknown };
  expect((await post(url, fine)).body["success"]).toBe(true);
  expect((await post(url, { ...create, args: "[".repeat(1_000) })).body["success"]).toBe(true);
});

test("a body above 1 MiB is 413, one of just 1 MiB is read", async () => {
  const { url } = await runningMaster();
  const padded = (length: number): string => {
    const bare = JSON.stringify({ ...create, pad: "" });
    return JSON.stringify({ ...create, pad: "x".repeat(length - bare.length) });
  };
  const tooLarge = await call(`${url}/v1/submissions/create`, "POST", padded(1024 * 1024 + 1));
  expect(tooLarge.status).toBe(413);
  expect(tooLarge.body).toMatchObject({
    action: "ErrorResponse",
    message: expect.stringContaining("1048576 bytes"),
  });
  expect(
    (await call(`${url}/v1/submissions/create`, "POST", padded(1024 * 1024))).body["success"],
  ).toBe(true);
});

test("repeated keys and __proto__ do no harm", async () => {
  const { url } = await runningMaster();
  const body = `{"action":"CreateSubmissionRequest","name":"first","name":"second","entryPoint":"shell","__proto__":{"cores":77,"polluted":true},"constructor":{"prototype":{"polluted":true}}}`;
  const answer = await call(`${url}/v1/submissions/create`, "POST", body);
  expect(answer.body).toMatchObject({ success: true, unknownFields: ["__proto__", "constructor"] });
  const native = await call(`${url}/api/v1/applications/${String(answer.body["submissionId"])}`);
  expect(native.body).toMatchObject({ name: "second", cores: 1 });
  expect({}).not.toHaveProperty("polluted");
});

test("a kill is answered for a live, an ended and an unknown application", async () => {
  const { url } = await runningMaster();
  const id = String((await post(url, create)).body["submissionId"]);
  const killed = await call(`${url}/v1/submissions/kill/${id}`, "POST");
  expect(killed.status).toBe(200);
  expect(killed.text).toBe(
    `{\n  "action" : "KillSubmissionResponse",\n  "message" : "Kill request for ${id} submitted",\n  "serverSparkVersion" : "${softwareVersion}",\n  "submissionId" : "${id}",\n  "success" : true\n}`,
  );
  const again = await call(`${url}/v1/submissions/kill/${id}`, "POST", "{}");
  expect(again).toMatchObject({
    status: 200,
    body: {
      success: false,
      message: `App ${id} has already finished or does not exist`,
      submissionId: id,
    },
  });
  const unknown = await call(`${url}/v1/submissions/kill/any/thing`, "POST");
  expect(unknown).toMatchObject({
    status: 200,
    body: {
      success: false,
      message: "App any has already finished or does not exist",
      submissionId: "any",
    },
  });
  const driver = await call(`${url}/v1/submissions/kill/driver-20260101000000-0001`, "POST");
  expect(driver.body["message"]).toBe(
    "Driver driver-20260101000000-0001 has already finished or does not exist",
  );
});

test("a status is answered for a waiting, an ended and an unknown application", async () => {
  const { url } = await runningMaster();
  const id = String((await post(url, create)).body["submissionId"]);
  const waiting = await call(`${url}/v1/submissions/status/${id}`);
  expect(waiting.text).toBe(
    `{\n  "action" : "SubmissionStatusResponse",\n  "driverState" : "SUBMITTED",\n  "serverSparkVersion" : "${softwareVersion}",\n  "submissionId" : "${id}",\n  "success" : true\n}`,
  );
  await call(`${url}/v1/submissions/kill/${id}`, "POST");
  expect((await call(`${url}/v1/submissions/status/${id}/more`)).body).toMatchObject({
    driverState: "KILLED",
    success: true,
  });
  const unknown = await call(`${url}/v1/submissions/status/app-20260101000000-9999`);
  expect(unknown).toMatchObject({
    status: 200,
    body: { success: false, submissionId: "app-20260101000000-9999" },
  });
  expect(unknown.body).not.toHaveProperty("driverState");
});

test.each([
  ["POST", "/v1/submissions/kill", 400, "Submission ID is missing in kill request."],
  ["POST", "/v1/submissions/kill/", 400, "Submission ID is missing in kill request."],
  ["GET", "/v1/submissions/status", 400, "Submission ID is missing in status request."],
  ["GET", "/v1/submissions/status/", 400, "Submission ID is missing in status request."],
  ["GET", "/", 400, `Missing protocol version. ${hint}`],
  ["POST", "/", 400, `Missing protocol version. ${hint}`],
  ["GET", "/v1", 400, `Missing the /submissions prefix. ${hint}`],
  ["GET", "/v1/", 400, `Missing the /submissions prefix. ${hint}`],
  ["GET", "/v1/other/create", 400, `Missing the /submissions prefix. ${hint}`],
  [
    "POST",
    "/v1/submissions",
    400,
    `Missing an action: please specify one of /create, /kill, or /status. ${hint}`,
  ],
  [
    "POST",
    "/v1/submissions/what",
    400,
    `Missing an action: please specify one of /create, /kill, or /status. ${hint}`,
  ],
  ["POST", "/v2/submissions/create", 468, `Unknown protocol version 'v2'. ${hint}`],
  ["GET", "/favicon.ico", 468, `Unknown protocol version 'favicon.ico'. ${hint}`],
] as const)("%s %s is %i and says what is missing", async (method, path, status, message) => {
  const { url } = await runningMaster();
  const answer = await call(
    `${url}${path}`,
    method,
    method === "POST" ? JSON.stringify(create) : undefined,
  );
  expect(answer).toMatchObject({
    status,
    type: "application/json; charset=utf-8",
    body: { action: "ErrorResponse", message },
  });
  expect(answer.body["highestProtocolVersion"]).toBe(status === 468 ? "v1" : undefined);
});

test("a path that cannot be decoded is 400 and nothing more", async () => {
  const { url } = await runningMaster();
  const answer = await call(`${url}/v1/submissions/status/%zz`);
  expect(answer).toMatchObject({ status: 400, body: { action: "ErrorResponse" } });
});

test("a master that does not lead says so in words that make clients try the next one", async () => {
  const { url, master } = await runningMaster({ election: neverElected });
  expect(master.phase).toBe("STANDBY");
  const standby = {
    status: 200,
    body: {
      success: false,
      message: expect.stringMatching(/^Current state is not alive: STANDBY\. /),
    },
  };
  expect(await post(url, create)).toMatchObject(standby);
  expect(await call(`${url}/v1/submissions/kill/app-20260101000000-0001`, "POST")).toMatchObject(
    standby,
  );
  expect(await call(`${url}/v1/submissions/status/app-20260101000000-0001`)).toMatchObject(standby);
  expect(await call(`${url}/v1/submissions/readyz`)).toMatchObject({
    status: 503,
    body: { action: "ReadyzResponse", message: "Master is not ready.", success: false },
  });
});

test("readyz is 200 once it leads", async () => {
  const { url } = await runningMaster();
  expect(await call(`${url}/v1/submissions/readyz`)).toMatchObject({
    status: 200,
    body: { action: "ReadyzResponse", success: true },
  });
});

test("a page of another origin and a name that only points here are refused; programs are not asked", async () => {
  const { url, master } = await runningMaster();
  const body = JSON.stringify(create);
  const from = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const sending = httpRequest(
        `${url}/v1/submissions/create`,
        { method: "POST", headers },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sending.on("error", reject);
      sending.end(body);
    });
  const port = master.restAddress?.port ?? 0;
  expect(await from({ origin: "http://evil.example" })).toBe(403);
  expect(await from({ origin: "null" })).toBe(403);
  expect(await from({ host: `evil.example:${port}` })).toBe(403);
  expect(await from({ host: `evil.example:${port}`, origin: `http://evil.example:${port}` })).toBe(
    403,
  );
  expect(await from({ host: `localhost:${port}` })).toBe(200);
  expect(await from({ origin: `http://127.0.0.1:${port}` })).toBe(200);
  expect(await from({})).toBe(200);
});
