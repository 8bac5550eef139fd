import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { BulkOutcome } from "../../src/client/index.ts";
import { client, json, notLeader } from "./fake-master.ts";

type Sent = Readonly<Record<string, unknown>>;

/** A master of which each answer is what the test says, given the lines that were sent. */
async function bulkMaster(
  answer: (response: ServerResponse, lines: readonly Sent[], turn: number) => void,
): Promise<{ readonly url: string; readonly requests: (readonly Sent[])[] }> {
  const requests: (readonly Sent[])[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      expect(`${request.method} ${request.url}`).toBe("POST /api/v1/applications/bulk");
      const lines = body.split("\n").filter((line) => line !== "");
      requests.push(lines.map((line) => JSON.parse(line) as Sent));
      answer(response, requests.at(-1)!, requests.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, requests };
}

const accepted = (lines: readonly Sent[]): string =>
  lines
    .map(
      (fields, index) =>
        `${JSON.stringify({ line: index + 1, id: `app-${String(fields["name"])}`, duplicate: false })}\n`,
    )
    .join("");

async function all(outcomes: AsyncIterable<BulkOutcome>): Promise<readonly BulkOutcome[]> {
  const gathered: BulkOutcome[] = [];
  for await (const outcome of outcomes) gathered.push(outcome);
  return gathered;
}

const ids = (outcomes: readonly BulkOutcome[]): readonly string[] =>
  outcomes.map((outcome) => ("id" in outcome ? outcome.id : outcome.error.code));

test("each piece is sent as it comes, every application with a requestId of its own, and outcomes are counted on", async () => {
  const master = await bulkMaster((response, lines) => response.end(accepted(lines)));
  const outcomes = await all(
    client([master.url]).submitMany([
      [{ name: "a" }, { name: "b", requestId: "mine" }],
      [],
      [{ name: "c" }],
    ]),
  );
  expect(outcomes).toEqual([
    { index: 0, id: "app-a", duplicate: false },
    { index: 1, id: "app-b", duplicate: false },
    { index: 2, id: "app-c", duplicate: false },
  ]);
  expect(master.requests).toEqual([
    [
      { name: "a", requestId: "made-1-000000000" },
      { name: "b", requestId: "mine" },
    ],
    [{ name: "c", requestId: "made-1-000000002" }],
  ]);
});

test("a large piece is cut, so that no request holds more than it may", async () => {
  const master = await bulkMaster((response, lines) => response.end(accepted(lines)));
  const names = Array.from({ length: 9_000 }, (_, index) => ({ name: String(index) }));
  const outcomes = await all(client([master.url]).submitMany([names]));
  expect(ids(outcomes)).toEqual(names.map(({ name }) => `app-${name}`));
  expect(master.requests.map((lines) => lines.length)).toEqual([4_000, 4_000, 1_000]);
});

test("one that is refused keeps no other from being accepted", async () => {
  const master = await bulkMaster((response) => {
    response.end(
      '{"line":1,"error":{"code":"invalid-argument","message":"no","details":["d"]}}\n{"line":2,"id":"app-2","duplicate":true}\n',
    );
  });
  expect(await all(client([master.url]).submitMany([[{ name: "a" }, { name: "b" }]]))).toEqual([
    { index: 0, error: { code: "invalid-argument", message: "no", details: ["d"] } },
    { index: 1, id: "app-2", duplicate: true },
  ]);
});

test("what an answer that broke off left open is sent again, with the same requestIds and nothing twice", async () => {
  const master = await bulkMaster((response, lines, turn) => {
    if (turn > 2) {
      response.end(accepted(lines));
      return;
    }
    // Half of the second result is lost on the way.
    const whole = accepted(lines);
    response.write(whole.slice(0, whole.indexOf("\n") + 10), () => response.destroy());
  });
  const outcomes = await all(
    client([master.url]).submitMany([[{ name: "a" }, { name: "b" }, { name: "c" }]]),
  );
  expect(ids(outcomes)).toEqual(["app-a", "app-b", "app-c"]);
  expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(master.requests.map((lines) => lines.map(({ requestId }) => requestId))).toEqual([
    ["made-1-000000000", "made-1-000000001", "made-1-000000002"],
    ["made-1-000000001", "made-1-000000002"],
    ["made-1-000000002"],
  ]);
});

test("too much to do and a change of leaders are waited out; a refusal of the whole is thrown", async () => {
  const busy = await bulkMaster((response, lines, turn) => {
    if (turn === 1) json(response, 429, { error: { code: "limit-exceeded", message: "busy" } });
    else if (turn === 2) notLeader(response);
    else response.end(accepted(lines));
  });
  const patient = client([busy.url], { patienceMs: 1_000 });
  expect(ids(await all(patient.submitMany([[{ name: "a" }]])))).toEqual(["app-a"]);

  const refusing = await bulkMaster((response) =>
    json(response, 403, { error: { code: "refused", message: "not you" } }),
  );
  await expect(all(client([refusing.url]).submitMany([[{ name: "a" }]]))).rejects.toMatchObject({
    code: "refused",
  });
  expect(refusing.requests).toHaveLength(1);
});

test("answers that break off for good are an error that says how many are open", async () => {
  const master = await bulkMaster((response) => {
    response.write("\n", () => response.destroy());
  });
  await expect(
    all(client([master.url]).submitMany([[{ name: "a" }, { name: "b" }]])),
  ).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/2 applications/),
  });
});

test("it ends with the reason of its signal", async () => {
  const master = await bulkMaster((response) => response.flushHeaders());
  const control = new AbortController();
  const outcomes = all(client([master.url]).submitMany([[{ name: "a" }]], control));
  setTimeout(() => control.abort(new Error("enough")), 50);
  await expect(outcomes).rejects.toThrow("enough");
});
