import { request as httpRequest } from "node:http";
import type { ApplicationPage, BulkResult } from "@aloha/api";
import { expect, test } from "vitest";
import { neverElected, runningMaster } from "../running-master.ts";
import { temporaryDirectory } from "../fixtures.ts";

const path = "/api/v1/applications/bulk";

function line(name: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ name, entryPoint: "shell", args: ["true"], ...fields })}\n`;
}

function results(text: string): readonly BulkResult[] {
  return text
    .split("\n")
    .filter((each) => each !== "")
    .map((each) => JSON.parse(each) as BulkResult);
}

async function bulk(url: string, body: string | Uint8Array): Promise<readonly BulkResult[]> {
  const response = await fetch(`${url}${path}`, { method: "POST", body: body as string });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
  return results(await response.text());
}

async function countLive(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/overview`);
  return ((await response.json()) as { waiting: number }).waiting;
}

/** A bulk submission whose body is written step by step. */
class OpenBulk {
  readonly #request;
  readonly #response: Promise<AsyncIterator<string>>;
  #text = "";

  constructor(url: string) {
    this.#request = httpRequest(`${url}${path}`, { method: "POST" });
    this.#response = new Promise((resolve, reject) => {
      this.#request.once("error", reject);
      this.#request.once("response", (response) => {
        response.setEncoding("utf8");
        resolve(response[Symbol.asyncIterator]() as AsyncIterator<string>);
      });
    });
    this.#request.flushHeaders();
  }

  send(text: string): void {
    this.#request.write(text);
  }

  end(): void {
    this.#request.end();
  }

  leave(): void {
    this.#request.once("error", () => undefined);
    this.#request.destroy();
  }

  /** The next result; undefined at the end of the answer. */
  async next(): Promise<BulkResult | undefined> {
    const pieces = await this.#response;
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const text = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return JSON.parse(text) as BulkResult;
      }
      const piece = await pieces.next();
      if (piece.done === true) return undefined;
      this.#text += piece.value;
    }
  }
}

test("each line is answered in order, with its number and its id, and is there when the answer has come", async () => {
  const { url } = await runningMaster({
    recoveryMode: "FILESYSTEM",
    recoveryDirectory: await temporaryDirectory(),
  });
  const count = 2_500;
  const body = Array.from({ length: count }, (_, index) => line(`job-${index + 1}`)).join("");
  const all = await bulk(url, body);
  expect(all).toHaveLength(count);
  expect(all.map((result) => result.line)).toEqual(Array.from(all, (_, index) => index + 1));
  const ids = all.map((result) => ("id" in result ? result.id : ""));
  expect(new Set(ids).size).toBe(count);
  expect(ids).toEqual([...ids].sort());
  for (const index of [0, 1_234, count - 1]) {
    const response = await fetch(`${url}/api/v1/applications/${ids[index]}`);
    expect(await response.json()).toMatchObject({ name: `job-${index + 1}`, state: "SUBMITTED" });
  }
  expect(await countLive(url)).toBe(count);
});

test("a line that is wrong is said of it alone: the others are taken", async () => {
  const { url } = await runningMaster();
  const body = [
    line("one"),
    "not json\n",
    line("three", { coers: 1 }),
    "\n",
    "  \r\n",
    line("six").replace("\n", "\r\n"),
    '{"entryPoint":"shell"}\n',
    "[1]\n",
    `${"[".repeat(40)}\n`,
    line("ten").trimEnd(),
  ].join("");
  const all = await bulk(url, body);
  expect(all).toEqual([
    { line: 1, id: expect.any(String), duplicate: false },
    { line: 2, error: { code: "invalid-argument", message: expect.stringMatching(/not JSON/) } },
    {
      line: 3,
      error: {
        code: "invalid-argument",
        message: expect.stringMatching(/"coers" is not a field; did you mean cores/),
        details: [expect.any(String)],
      },
    },
    { line: 6, id: expect.any(String), duplicate: false },
    { line: 7, error: expect.objectContaining({ message: expect.stringMatching(/name/) }) },
    { line: 8, error: expect.objectContaining({ message: expect.stringMatching(/JSON object/) }) },
    { line: 9, error: expect.objectContaining({ message: expect.stringMatching(/32 levels/) }) },
    { line: 10, id: expect.any(String), duplicate: false },
  ]);
  expect(await countLive(url)).toBe(3);
});

test("bytes that are no UTF-8 and a line above 1 MiB are lines that are wrong; characters may be cut anywhere", async () => {
  const { url } = await runningMaster();
  const encoder = new TextEncoder();
  const long = line("long", { args: "x".repeat(1024 * 1024) });
  const body = Buffer.concat([
    encoder.encode(line("größe-😀".repeat(10))),
    Uint8Array.of(0x7b, 0xff, 0x0a),
    encoder.encode(long),
    encoder.encode(line("after")),
  ]);
  const all = await bulk(url, body);
  const tooLong = expect.stringMatching(/not UTF-8, or longer than 1048576 bytes/);
  expect(all).toEqual([
    { line: 1, id: expect.any(String), duplicate: false },
    { line: 2, error: { code: "invalid-argument", message: tooLong } },
    { line: 3, error: { code: "invalid-argument", message: tooLong } },
    { line: 4, id: expect.any(String), duplicate: false },
  ]);
  const response = await fetch(`${url}/api/v1/applications`);
  const { applications } = (await response.json()) as ApplicationPage;
  expect(applications.map(({ name }) => name)).toEqual(["after", "größe-😀".repeat(10)]);
});

test("a requestId counts for its line: the same again is a duplicate, with another body a conflict", async () => {
  const { url } = await runningMaster();
  const first = await bulk(url, line("a", { requestId: "r-1" }) + line("b", { requestId: "r-2" }));
  const again = await bulk(
    url,
    line("a", { requestId: "r-1" }) + line("other", { requestId: "r-2" }) + line("c"),
  );
  expect(again).toEqual([
    { ...first[0], duplicate: true },
    { line: 2, error: { code: "conflict", message: expect.stringContaining("r-2") } },
    { line: 3, id: expect.any(String), duplicate: false },
  ]);
  expect(await countLive(url)).toBe(3);
});

test("an empty body has an empty answer", async () => {
  const { url } = await runningMaster();
  expect(await bulk(url, "")).toEqual([]);
});

test("results come while the request is still being written", async () => {
  const { url } = await runningMaster();
  const open = new OpenBulk(url);
  for (let number = 1; number <= 5; number++) {
    open.send(line(`job-${number}`));
    expect(await open.next()).toEqual({ line: number, id: expect.any(String), duplicate: false });
  }
  open.end();
  expect(await open.next()).toBeUndefined();
});

test("what was accepted before the client left stays accepted, and the place is free again", async () => {
  const { url } = await runningMaster();
  for (let turn = 1; turn <= 20; turn++) {
    const open = new OpenBulk(url);
    open.send(line(`job-${turn}`));
    expect(await open.next()).toMatchObject({ line: 1 });
    // Half a line: never submitted.
    open.send('{"name":"half"');
    open.leave();
  }
  expect(await countLive(url)).toBe(20);
});

test("no more than 16 at a time: the next is told to come again", async () => {
  const { url } = await runningMaster();
  const opened: OpenBulk[] = [];
  for (let count = 0; count < 16; count++) {
    const open = new OpenBulk(url);
    open.send(line("x"));
    await open.next();
    opened.push(open);
  }
  const response = await fetch(`${url}${path}`, { method: "POST", body: line("y") });
  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("1");
  for (const open of opened) open.end();
  for (const open of opened) expect(await open.next()).toBeUndefined();
  expect(await bulk(url, line("y"))).toHaveLength(1);
});

test("a master that does not lead refuses before it reads", async () => {
  const { url } = await runningMaster({ election: neverElected });
  const response = await fetch(`${url}${path}`, { method: "POST", body: line("x") });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: "not-leader" } });
});

test("lines above what may wait are refused one by one; a full inbox only makes the sender wait", async () => {
  const { url } = await runningMaster({
    settings: { waitingApplicationsMax: 700 },
    limits: { inboxLengthMax: 16, batchLengthMax: 8 },
  });
  const all = await bulk(url, Array.from({ length: 1_000 }, () => line("job")).join(""));
  expect(all.map((result) => result.line)).toEqual(Array.from(all, (_, index) => index + 1));
  const refused = all.filter(
    (result) => "error" in result && result.error.code === "limit-exceeded",
  );
  expect(refused).toHaveLength(300);
});

test("an answer whose results cannot all be told breaks off, and does not end", async () => {
  const { url, master } = await runningMaster();
  const open = new OpenBulk(url);
  open.send(line("x"));
  expect(await open.next()).toMatchObject({ line: 1 });
  await master.stop();
  await expect(open.next()).rejects.toThrow();
});
