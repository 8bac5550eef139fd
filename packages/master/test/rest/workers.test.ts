import { beforeEach, describe, expect, test } from "vitest";
import { FakeWorker } from "../fake-worker.ts";
import { runningMaster } from "../running-master.ts";

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

let url: string;

beforeEach(async () => {
  const { master, url: address } = await runningMaster();
  await FakeWorker.start(master.address);
  url = `${address}/api/v1`;
});

async function post(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function get(path: string): Promise<Answer> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

test("a worker is shown, drained, resumed and labelled; each answer shows it as it is then", async () => {
  expect(await get("/workers/worker-1")).toMatchObject({
    status: 200,
    body: { id: "worker-1", drain: null, labels: {}, resources: {}, usedResources: {} },
  });
  expect(
    await post("/workers/worker-1/drain", { deadlineMs: 60_000, reason: "kernel" }),
  ).toMatchObject({
    status: 200,
    body: { drain: { reason: "kernel", deadlineAtMs: expect.any(Number) as unknown } },
  });
  expect(await post("/workers/worker-1/drain")).toMatchObject({
    body: { drain: { reason: "", deadlineAtMs: null } },
  });
  expect(await post("/workers/worker-1/resume")).toMatchObject({ body: { drain: null } });
  await post("/workers/worker-1/labels", { labels: { zone: "a", disk: "ssd" } });
  expect(await post("/workers/worker-1/labels", { labels: { disk: null } })).toMatchObject({
    body: { labels: { zone: "a" } },
  });
});

test("a worker that nobody knows is 404", async () => {
  for (const answer of [
    await get("/workers/w-9"),
    await post("/workers/w-9/drain"),
    await post("/workers/w-9/labels", { labels: {} }),
  ])
    expect(answer).toMatchObject({ status: 404, body: { error: { code: "not-found" } } });
});

describe("what is wrong is 400, and says where", () => {
  test.each([
    ["drain", { deadline: "1h" }, '"deadline" is not a field of a drain'],
    ["drain", { deadlineMs: -1 }, "deadlineMs must be a whole number of milliseconds"],
    ["drain", { reason: 5 }, "reason must be a text"],
    ["labels", { zone: "a" }, '"zone" is not a field of this request; known are labels'],
    ["labels", { labels: [] }, "labels must be an object"],
    ["labels", { labels: { "-a": "b" } }, '"-a" is no name of a label'],
    ["labels", { labels: { a: 5 } }, "The label a must be a text"],
  ])("%s %j", async (verb, body, message) => {
    const answer = await post(`/workers/worker-1/${verb}`, body);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(message) as unknown } },
    });
  });

  test("a rerun has one field", async () => {
    const submitted = await post("/applications", {
      name: "job",
      entryPoint: "shell",
      cores: 1000,
      waitTimeout: "1ms",
    });
    const id = String(submitted.body["id"]);
    await expect
      .poll(async () => (await get(`/applications/${id}`)).body["state"])
      .toBe("TIMED_OUT");
    expect(await post(`/applications/${id}/rerun`, { name: "x" })).toMatchObject({
      status: 400,
      body: { error: { message: '"name" is not a field of a rerun; known is requestId.' } },
    });
    expect((await post(`/applications/${id}/rerun`, { requestId: "" })).status).toBe(400);
    const rerun = await post(`/applications/${id}/rerun`);
    expect(rerun.status).toBe(201);
    expect(await get(`/applications/${String(rerun.body["id"])}`)).toMatchObject({
      body: { rerunOf: id, name: "job" },
    });
  });
});

test("a key that is taken is 409", async () => {
  const fields = { name: "job", entryPoint: "shell", cores: 1000, key: "k" };
  const first = await post("/applications", fields);
  const second = await post("/applications", fields);
  expect(second).toMatchObject({
    status: 409,
    body: {
      error: {
        code: "conflict",
        message: expect.stringContaining(String(first.body["id"])) as unknown,
      },
    },
  });
});
