import { expect, test, vi } from "vitest";
import { FakeWorker } from "../fake-worker.ts";
import { runningMaster } from "../running-master.ts";

async function running(): Promise<{
  readonly url: string;
  readonly id: string;
  readonly worker: FakeWorker;
  readonly logs: string;
}> {
  const { url, master } = await runningMaster();
  const worker = await FakeWorker.start(master.address);
  const id = await submit(url);
  await vi.waitFor(() => expect(worker.launched).toHaveLength(1));
  return { url, id, worker, logs: `${url}/api/v1/applications/${id}/attempts/latest/logs` };
}

async function submit(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/applications`, {
    method: "POST",
    body: JSON.stringify({ name: "job", entryPoint: "shell" }),
  });
  return String(((await response.json()) as { readonly id: string }).id);
}

function header(response: Response, name: string): string | null {
  return response.headers.get(`aloha-log-${name}`);
}

test("output is read by byte offset, and the answer says where to go on", async () => {
  const { id, worker, logs } = await running();
  worker.write(id, "stdout", "hello äöü world\n");
  const first = await fetch(`${logs}/stdout?limit=6`);
  expect(first.status).toBe(200);
  expect(first.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await first.text()).toBe("hello ");
  expect([
    header(first, "attempt"),
    header(first, "offset"),
    header(first, "next-offset"),
    header(first, "size"),
    header(first, "complete"),
  ]).toEqual(["1", "0", "6", "19", "false"]);
  const rest = await fetch(`${logs}/stdout?offset=6`);
  expect(await rest.text()).toBe("äöü world\n");
  const tail = await fetch(`${logs}/stdout?offset=-6`);
  expect(await tail.text()).toBe("world\n");
  expect(header(tail, "offset")).toBe("13");
  worker.end(id, 0);
  expect(header(await fetch(`${logs}/stdout?offset=19`), "complete")).toBe("true");
  expect(header(await fetch(`${logs}/stdout?limit=1`), "complete")).toBe("false");
});

test("following sends what comes, until the attempt is over and everything was sent", async () => {
  const { id, worker, logs } = await running();
  worker.write(id, "stderr", "one\n");
  const response = await fetch(`${logs}/stderr?follow=true`);
  const reading = response.text();
  await vi.waitFor(() => expect(response.headers.get("aloha-log-offset")).toBe("0"));
  worker.write(id, "stderr", "two\n");
  worker.write(id, "stderr", "three\n");
  worker.end(id, 0);
  expect(await reading).toBe("one\ntwo\nthree\n");
});

test("following begins when the application starts", async () => {
  const { url, master } = await runningMaster();
  const id = await submit(url);
  const logs = `${url}/api/v1/applications/${id}/attempts/latest/logs/stdout`;
  expect(await (await fetch(logs)).json()).toMatchObject({
    error: { code: "not-found", message: expect.stringContaining("has not started yet") as string },
  });
  const following = fetch(`${logs}?follow=true`).then((response) => response.text());
  const worker = await FakeWorker.start(master.address);
  await vi.waitFor(() => expect(worker.launched).toHaveLength(1));
  worker.write(id, "stdout", "at last\n");
  worker.end(id, 0);
  expect(await following).toBe("at last\n");
});

test("a worker that cannot be reached is 503, and a follower goes on when it is back", async () => {
  const { id, worker, logs } = await running();
  worker.write(id, "stdout", "before\n");
  const response = await fetch(`${logs}/stdout?follow=true`);
  const reading = response.text();
  await worker.close();
  const unreachable = await fetch(`${logs}/stdout`);
  expect(unreachable.status).toBe(503);
  expect(await unreachable.json()).toMatchObject({
    error: {
      code: "unreachable",
      message: expect.stringMatching(
        /Worker worker-1 at 127\.0\.0\.1:[0-9]+.*cannot be reached/,
      ) as string,
    },
  });
  await worker.listen();
  worker.write(id, "stdout", "after\n");
  worker.end(id, 0);
  expect(await reading).toBe("before\nafter\n");
});

test("output that was rolled away is skipped in the open: the answer begins where output is kept", async () => {
  const { id, worker, logs } = await running();
  worker.write(id, "stdout", "0123456789");
  worker.roll(id, "stdout", 4);
  const response = await fetch(`${logs}/stdout?offset=1`);
  expect(await response.text()).toBe("456789");
  expect([header(response, "offset"), header(response, "first-offset")]).toEqual(["4", "4"]);
});

test.each(["?offset=x", "?limit=0", "?limit=100000000", "?follow=maybe", "?tail=1"])(
  "the query %s is 400",
  async (query) => {
    const { logs } = await running();
    expect((await fetch(`${logs}/stdout${query}`)).status).toBe(400);
  },
);

test("attempts and outputs that do not exist are 404", async () => {
  const { url, id, logs } = await running();
  expect((await fetch(`${logs}/stdin`)).status).toBe(404);
  const second = await fetch(`${url}/api/v1/applications/${id}/attempts/2/logs/stdout`);
  expect(second.status).toBe(404);
  expect(await second.json()).toMatchObject({
    error: { message: expect.stringContaining("has no attempt 2: the newest is 1") as string },
  });
  expect((await fetch(`${url}/api/v1/applications/${id}/attempts/0/logs/stdout`)).status).toBe(400);
});

test("a follower whose master stops sees a broken answer or its end, and the master stops at once", async () => {
  const { url, master } = await runningMaster();
  const worker = await FakeWorker.start(master.address);
  const id = await submit(url);
  await vi.waitFor(() => expect(worker.launched).toHaveLength(1));
  const response = await fetch(
    `${url}/api/v1/applications/${id}/attempts/1/logs/stdout?follow=true`,
  );
  const reading = response.text().catch(() => "broken");
  await master.stop();
  expect(["", "broken"]).toContain(await reading);
});
