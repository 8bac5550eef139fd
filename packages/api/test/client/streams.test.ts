import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { LogPiece } from "../../src/client/index.ts";
import { client, fakeMaster, json, notLeader } from "./fake-master.ts";

function event(sequence: number): string {
  return `id: ${sequence}\nevent: alert\ndata: ${JSON.stringify({ kind: "alert", sequence })}\n\n`;
}

function stream(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).write(text);
}

test("events are read across a break, without a hole and without a repetition", async () => {
  const scripts = [
    (response: ServerResponse) => {
      stream(response, `id: 7\n\n: a comment\n\n${event(8).slice(0, 12)}`);
      response.write(`${event(8).slice(12)}${event(9).slice(0, 20)}`);
      setImmediate(() => response.destroy());
    },
    (response: ServerResponse) => notLeader(response),
    (response: ServerResponse) =>
      stream(response, `${event(9)}${event(10).replaceAll("\n", "\r\n")}`),
  ];
  const master = await fakeMaster((_request, response) => scripts.shift()?.(response));
  const seen: number[] = [];
  for await (const { sequence } of client([master.url]).events()) {
    seen.push(sequence);
    if (sequence === 10) break;
  }
  expect(seen).toEqual([8, 9, 10]);
  expect(master.asked).toEqual([
    "GET /api/v1/events",
    "GET /api/v1/events?after=8",
    "GET /api/v1/events?after=8",
  ]);
});

test("events that are no longer kept end the iteration with status 410", async () => {
  const master = await fakeMaster((_request, response) =>
    json(response, 410, { error: { code: "not-found", message: "gone" } }),
  );
  await expect(client([master.url]).events({ after: 1 }).next()).rejects.toMatchObject({
    status: 410,
  });
});

test("a signal ends an iteration that waits", async () => {
  const master = await fakeMaster((_request, response) =>
    stream(response, ": nothing happens\n\n"),
  );
  const controller = new AbortController();
  const waiting = client([master.url]).events({ signal: controller.signal }).next();
  setImmediate(() => controller.abort(new Error("enough")));
  await expect(waiting).rejects.toThrow("enough");
});

/** A master with one application whose attempts have written so much. */
function logMaster(state: {
  outputs: string[];
  ended: boolean;
  failures: number;
  cutAt: number;
}): Parameters<typeof fakeMaster>[0] {
  return (request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    const match = /attempts\/([0-9]+)\/logs\/stdout$/.exec(url.pathname);
    if (match === null) {
      json(response, 200, {
        state: state.ended ? "FINISHED" : "RUNNING",
        attempt: state.outputs.length,
      });
      return;
    }
    if (state.failures-- > 0) {
      json(response, 503, {
        error: { code: "unreachable", message: "The worker cannot be reached" },
      });
      return;
    }
    const output = state.outputs[Number(match[1]) - 1] ?? "";
    const asked = Number(url.searchParams.get("offset"));
    const offset = asked < 0 ? Math.max(0, output.length + asked) : asked;
    const follow = url.searchParams.get("follow") === "true";
    const end = follow && offset < state.cutAt ? state.cutAt : output.length;
    const bytes = output.slice(offset, end);
    response.writeHead(200, {
      "aloha-log-attempt": match[1]!,
      "aloha-log-offset": String(offset),
      "aloha-log-first-offset": "0",
      ...(follow
        ? {}
        : {
            "aloha-log-size": String(output.length),
            "aloha-log-next-offset": String(offset + bytes.length),
            "aloha-log-complete": "true",
          }),
    });
    if (follow && end < output.length) {
      // Written, and then the connection breaks.
      response.write(bytes, () => response.destroy());
      return;
    }
    response.end(bytes);
  };
}

async function collect(pieces: AsyncIterable<LogPiece>): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { attempt, offset, bytes } of pieces)
    texts.push(`${attempt}@${offset} ${Buffer.from(bytes).toString()}`);
  return texts;
}

test("a page of output carries its offsets", async () => {
  const master = await fakeMaster(
    logMaster({ outputs: ["hello world"], ended: true, failures: 0, cutAt: 0 }),
  );
  const page = await client([master.url]).logs("app", {
    stream: "stdout",
    attempt: 1,
    offset: -5,
    maxBytes: 100,
  });
  expect(page).toEqual({
    attempt: 1,
    offset: 6,
    bytes: new Uint8Array(Buffer.from("world")),
    firstOffset: 0,
    sizeBytes: 11,
    nextOffset: 11,
    complete: true,
  });
  expect(master.asked).toEqual([
    "GET /api/v1/applications/app/attempts/1/logs/stdout?offset=-5&limit=100",
  ]);
});

test("following resumes by offset after a broken answer and an unreachable worker: no byte twice, none missing", async () => {
  const state = { outputs: ["0123456789"], ended: true, failures: 2, cutAt: 4 };
  const master = await fakeMaster(logMaster(state));
  expect(await collect(client([master.url]).followLogs("app", { stream: "stdout" }))).toEqual([
    "1@0 0123",
    "1@4 456789",
  ]);
});

test("following begins with the newest attempt and goes on with those that come after it, unless one was named", async () => {
  const state = { outputs: ["first"], ended: false, failures: 0, cutAt: 0 };
  const master = await fakeMaster((request, response, body) => {
    logMaster(state)(request, response, body);
    if (!(request.url ?? "").includes("/1/logs/") || state.ended) return;
    state.outputs.push("second");
    state.ended = true;
  });
  expect(
    await collect(client([master.url]).followLogs("app", { stream: "stdout", offset: -3 })),
  ).toEqual(["1@2 rst", "2@0 second"]);
  expect(
    await collect(client([master.url]).followLogs("app", { stream: "stdout", attempt: 1 })),
  ).toEqual(["1@0 first"]);
});

test("following an application that ended before it started gives nothing", async () => {
  const master = await fakeMaster(logMaster({ outputs: [], ended: true, failures: 0, cutAt: 0 }));
  expect(await collect(client([master.url]).followLogs("app", { stream: "stdout" }))).toEqual([]);
});

test("a worker that stays unreachable after the application has ended is said", async () => {
  const master = await fakeMaster(
    logMaster({ outputs: ["x"], ended: true, failures: 1e9, cutAt: 0 }),
  );
  await expect(
    collect(client([master.url]).followLogs("app", { stream: "stdout" })),
  ).rejects.toMatchObject({ code: "unreachable" });
});
