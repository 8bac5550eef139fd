import { expect, onTestFinished, test } from "vitest";
import { runningMaster } from "../running-master.ts";

/** Reads an event stream until it holds `text`. */
async function readUntil(response: Response, text: string): Promise<string> {
  const reader = response.body!.getReader();
  onTestFinished(() => reader.cancel());
  let read = "";
  while (!read.includes(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The stream ended: ${read}`);
    read += new TextDecoder().decode(value);
  }
  return read;
}

async function submit(url: string, name: string): Promise<void> {
  const response = await fetch(`${url}/api/v1/applications`, {
    method: "POST",
    body: JSON.stringify({ name, entryPoint: "shell" }),
  });
  expect(response.status).toBe(201);
}

test("a stream begins now, or strictly after an id, and goes on with what happens", async () => {
  const { url } = await runningMaster();
  await submit(url, "first");
  const live = await fetch(`${url}/api/v1/events`);
  expect(live.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  await submit(url, "second");
  const seen = await readUntil(live, '"name":"second"');
  expect(seen).toMatch(/^id: 3\n\n/);
  expect(seen).not.toContain('"name":"first"');
  const resumed = await fetch(`${url}/api/v1/events`, { headers: { "last-event-id": "2" } });
  const rest = await readUntil(resumed, '"name":"second"');
  expect([...rest.matchAll(/^id: ([0-9]+)$/gm)].map((match) => match[1])).toEqual(["2", "3", "4"]);
  expect(rest).toContain("event: application-state-changed\ndata: {");
  const all = await readUntil(await fetch(`${url}/api/v1/events?after=0`), '"name":"second"');
  expect(all).toContain("RECOVERING");
});

test("an id that is not kept, or never was, is 410", async () => {
  const { url } = await runningMaster();
  const response = await fetch(`${url}/api/v1/events?after=1000`);
  expect(response.status).toBe(410);
  expect(await response.json()).toMatchObject({
    error: { code: "not-found", message: expect.stringContaining("not kept any more") as string },
  });
  expect((await fetch(`${url}/api/v1/events?after=x`)).status).toBe(400);
});

test("streams end when the master stops", async () => {
  const { url, master } = await runningMaster();
  const stream = await fetch(`${url}/api/v1/events`);
  const reading = stream.text().catch(() => "broken");
  await master.stop();
  expect(await reading).toMatch(/^(id: 2\n\n|broken)$/);
});

test("a page holds the newest events, or those after a sequence, and says where to go on", async () => {
  const { url } = await runningMaster();
  for (const name of ["first", "second", "third"]) await submit(url, name);
  const page = async (
    query: string,
  ): Promise<{ events: { sequence: number }[]; nextAfter: number; oldest: number }> => {
    const response = await fetch(`${url}/api/v1/events${query}`, {
      headers: { accept: "application/json" },
    });
    expect(response.status).toBe(200);
    return (await response.json()) as Awaited<ReturnType<typeof page>>;
  };
  const sequences = async (query: string): Promise<readonly number[]> =>
    (await page(query)).events.map(({ sequence }) => sequence);
  expect(await sequences("")).toEqual([1, 2, 3, 4, 5]);
  expect(await sequences("?limit=2")).toEqual([4, 5]);
  expect(await page("?after=1&limit=2")).toMatchObject({
    events: [{ sequence: 2 }, { sequence: 3 }],
    nextAfter: 3,
    oldest: 1,
  });
  expect(await page("?after=5")).toEqual({ events: [], nextAfter: 5, oldest: 1 });
});

test("a page after events that never were is 410", async () => {
  const { url } = await runningMaster();
  await submit(url, "first");
  const read = (query: string): Promise<Response> =>
    fetch(`${url}/api/v1/events${query}`, { headers: { accept: "application/json" } });
  expect((await read("?after=4")).status).toBe(410);
  expect((await read("?limit=0")).status).toBe(400);
});
