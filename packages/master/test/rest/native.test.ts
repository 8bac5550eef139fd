import { expect, test, vi } from "vitest";
import { neverElected, runningMaster, softwareVersion } from "../running-master.ts";
import { FakeWorker } from "../fake-worker.ts";

const job = { name: "job", entryPoint: "shell", args: "true" };

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

async function get(url: string): Promise<Answer> {
  const response = await fetch(url);
  return {
    status: response.status,
    body: (await response.json()) as Answer["body"],
    headers: response.headers,
  };
}

async function post(url: string, body?: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: (await response.json()) as Answer["body"],
    headers: response.headers,
  };
}

async function submit(
  url: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const answer = await post(`${url}/api/v1/applications`, { ...job, ...fields });
  expect(answer.status).toBe(201);
  return String(answer.body["id"]);
}

function refusal(code: string, message: RegExp | string): object {
  return {
    error: expect.objectContaining({
      code,
      message: typeof message === "string" ? message : expect.stringMatching(message),
    }) as object,
  };
}

test("a submission is 201 with its id and place, and is there for whoever reads next", async () => {
  const { url } = await runningMaster();
  const answer = await post(`${url}/api/v1/applications`, {
    ...job,
    cores: 0.25,
    memory: "512MiB",
    labels: { team: "a" },
  });
  expect(answer).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^app-[0-9]{14}-[0-9]{4,}$/) as string, duplicate: false },
  });
  expect(answer.headers.get("aloha-epoch")).toBe("1");
  const read = await get(`${url}${answer.headers.get("location")}`);
  expect(read).toMatchObject({
    status: 200,
    body: {
      id: answer.body["id"],
      name: "job",
      state: "SUBMITTED",
      cores: 0.25,
      memoryMiB: 512,
      labels: { team: "a" },
      attempt: 0,
      attempts: [],
      end: null,
    },
  });
});

test("an unknown field and a bad one are 400, and all that is wrong is told", async () => {
  const { url } = await runningMaster();
  const answer = await post(`${url}/api/v1/applications`, { ...job, corse: 1, memory: -1 });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      error: {
        code: "invalid-argument",
        details: [expect.stringMatching(/corse|memory/), expect.stringMatching(/corse|memory/)],
      },
    },
  });
  expect((await post(`${url}/api/v1/applications`, "{")).status).toBe(400);
  expect((await post(`${url}/api/v1/applications`)).status).toBe(400);
});

test("the same requestId gives the same application for the same body, in whatever order it is written, and 409 for another", async () => {
  const { url } = await runningMaster();
  const id = await submit(url, { requestId: "r1" });
  const again = await post(`${url}/api/v1/applications`, {
    requestId: "r1",
    args: "true",
    entryPoint: "shell",
    name: "job",
  });
  expect(again).toMatchObject({ status: 200, body: { id, duplicate: true } });
  const other = await post(`${url}/api/v1/applications`, {
    ...job,
    args: "false",
    requestId: "r1",
  });
  expect(other).toMatchObject({
    status: 409,
    body: refusal("conflict", /requestId "r1" was used for another request/),
  });
});

test("above the limit of waiting applications a submission is 429", async () => {
  const { url } = await runningMaster({ settings: { waitingApplicationsMax: 1 } });
  await submit(url);
  const answer = await post(`${url}/api/v1/applications`, job);
  expect(answer).toMatchObject({ status: 429, body: refusal("limit-exceeded", /limit/) });
  expect(answer.headers.get("retry-after")).toBe("1");
});

test("a list is filtered and paged", async () => {
  const { url } = await runningMaster();
  const ids: string[] = [];
  for (const name of ["a", "b", "a", "b", "a"])
    ids.push(await submit(url, { name, labels: { name } }));
  await post(`${url}/api/v1/applications/${ids[0]}/kill`);
  const list = async (query: string): Promise<unknown> =>
    (
      (await get(`${url}/api/v1/applications${query}`)).body["applications"] as readonly {
        readonly id: string;
      }[]
    ).map((entry) => entry.id);
  expect(await list("")).toEqual(ids.toReversed());
  expect(await list("?name=a&state=submitted")).toEqual([ids[4], ids[2]]);
  expect(await list("?label=name=b")).toEqual([ids[3], ids[1]]);
  expect(await list("?state=ended")).toEqual([ids[0]]);
  expect(await list("?state=live,KILLED&label=name")).toHaveLength(5);
  const first = await get(`${url}/api/v1/applications?limit=2`);
  expect(first.body["nextCursor"]).not.toBeNull();
  const second = await get(
    `${url}/api/v1/applications?limit=10&cursor=${String(first.body["nextCursor"])}`,
  );
  expect(second.body).toMatchObject({
    applications: [{ id: ids[2] }, { id: ids[1] }, { id: ids[0] }],
    nextCursor: null,
  });
});

test.each(["?state=RUNING", "?limit=0", "?limit=x", "?limit=1001", "?cursor=-1", "?colour=red"])(
  "the query %s is 400",
  async (query) => {
    const { url } = await runningMaster();
    expect(await get(`${url}/api/v1/applications${query}`)).toMatchObject({
      status: 400,
      body: refusal("invalid-argument", /./),
    });
  },
);

test("a kill is 202, of an ended application 200 with its state, of an unknown one 404", async () => {
  const { url } = await runningMaster();
  const id = await submit(url);
  expect(
    await post(`${url}/api/v1/applications/${id}/kill`, {
      immediately: true,
      reason: "no longer needed",
    }),
  ).toMatchObject({
    status: 202,
    body: { id, accepted: true, state: "KILLED" },
  });
  expect(await post(`${url}/api/v1/applications/${id}/kill`)).toMatchObject({
    status: 200,
    body: { id, accepted: false, state: "KILLED" },
  });
  expect((await get(`${url}/api/v1/applications/${id}`)).body).toMatchObject({
    killRequested: true,
    end: { message: expect.stringContaining("no longer needed") as string },
  });
  expect(await post(`${url}/api/v1/applications/nope/kill`)).toMatchObject({
    status: 404,
    body: refusal("not-found", /no application "nope"/),
  });
  expect((await post(`${url}/api/v1/applications/${id}/kill`, { now: true })).status).toBe(400);
  expect((await post(`${url}/api/v1/applications/${id}/kill`, { immediately: "yes" })).status).toBe(
    400,
  );
});

test("what is unknown is 404 in one shape, also a path that nobody serves", async () => {
  const { url } = await runningMaster();
  for (const path of [
    "/applications/x",
    "/applications/x/attempts",
    "/applications/x/why",
    "/applications/x/attempts/1/logs/stdout",
    "/nothing",
  ]) {
    expect([path, await get(`${url}/api/v1${path}`)]).toMatchObject([
      path,
      { status: 404, body: refusal("not-found", /./) },
    ]);
  }
});

test("why says what an application waits for, and how one ended", async () => {
  const { url } = await runningMaster();
  const id = await submit(url, { cores: 4 });
  expect(await get(`${url}/api/v1/applications/${id}/why`)).toMatchObject({
    status: 200,
    body: { appId: id, state: "SUBMITTED", summary: expect.any(String) as string },
  });
  await post(`${url}/api/v1/applications/${id}/kill`);
  expect((await get(`${url}/api/v1/applications/${id}/why`)).body).toMatchObject({
    state: "KILLED",
    summary: expect.stringMatching(/^It has ended as KILLED/) as string,
  });
});

test("workers, overview, version, health and the description of the API are served", async () => {
  const { url, master } = await runningMaster();
  await FakeWorker.start(master.address);
  await vi.waitFor(async () => {
    expect((await get(`${url}/api/v1/workers`)).body).toMatchObject({
      workers: [{ id: "worker-1", mode: "ALIVE", cores: 8, usedCores: 0, host: "127.0.0.1" }],
    });
  });
  expect((await get(`${url}/api/v1/overview`)).body).toMatchObject({
    state: "ALIVE",
    epoch: 1,
    cores: { total: 8, used: 0 },
  });
  expect((await get(`${url}/api/v1/version`)).body).toEqual({
    version: softwareVersion,
    api: "v1",
  });
  expect(await get(`${url}/healthz`)).toMatchObject({
    status: 200,
    body: { ready: true, state: "ALIVE" },
  });
  expect((await get(`${url}/readyz`)).status).toBe(200);
  expect((await get(`${url}/api/v1/openapi.json`)).body).toMatchObject({
    openapi: "3.1.0",
    paths: { "/api/v1/applications": {} },
  });
});

test("a master that does not lead is healthy, not ready, and 503 for everything that needs a leader", async () => {
  const { url } = await runningMaster({ election: neverElected });
  expect((await get(`${url}/healthz`)).status).toBe(200);
  expect((await get(`${url}/readyz`)).status).toBe(503);
  for (const path of ["/applications", "/workers", "/overview", "/events"]) {
    expect(await get(`${url}/api/v1${path}`)).toMatchObject({
      status: 503,
      body: refusal("not-leader", /STANDBY/),
    });
  }
  expect(await post(`${url}/api/v1/applications`, job)).toMatchObject({ status: 503 });
});

test("an application runs on a worker, and its attempt and end are told", async () => {
  const { url, master } = await runningMaster();
  const worker = await FakeWorker.start(master.address);
  const id = await submit(url);
  await vi.waitFor(async () => {
    expect((await get(`${url}/api/v1/applications/${id}`)).body).toMatchObject({
      state: "RUNNING",
      workerId: "worker-1",
      attempt: 1,
    });
  });
  worker.end(id, 3);
  await vi.waitFor(async () => {
    expect((await get(`${url}/api/v1/applications/${id}`)).body).toMatchObject({
      state: "FAILED",
      end: { exitCode: 3, reason: "exit-code" },
    });
  });
  expect((await get(`${url}/api/v1/applications/${id}/attempts`)).body).toMatchObject({
    attemptsTotal: 1,
    attempts: [{ number: 1, phase: "ENDED" }],
  });
  const status = (await get(`${url}/v1/submissions/status/${id}`)).body;
  expect(status).toMatchObject({
    driverState: "FAILED",
    workerId: "worker-1",
    workerHostPort: expect.stringMatching(/^127\.0\.0\.1:/) as string,
  });
});
