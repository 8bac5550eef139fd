import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { systemTimers } from "@aloha/runtime/time";
import type { Timers } from "@aloha/runtime";
import { expect, onTestFinished, test } from "vitest";
import { bulkLimits } from "../../src/rest/native/bulk/bulk-limits.ts";
import { writeResults } from "../../src/rest/native/bulk/write-results.ts";

const piece = "x".repeat(1_000_000);

/** The two ends of an answer that nobody reads yet. */
async function exchange(): Promise<{
  readonly response: ServerResponse;
  readonly reader: IncomingMessage;
}> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const asked = get({ port, host: "127.0.0.1" });
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  response.flushHeaders();
  const [reader] = (await once(asked, "response")) as [IncomingMessage];
  reader.on("error", () => undefined);
  return { response, reader };
}

/** Writes until there is no room; gives the write that waits. */
async function fill(
  response: ServerResponse,
  timers: Timers,
): Promise<{ readonly waiting: Promise<void> }> {
  for (let count = 0; count < 100; count++) {
    const writing = writeResults(response, piece, timers);
    writing.catch(() => undefined);
    const isDone = await Promise.race([
      writing.then(() => true),
      new Promise<boolean>((resolve) => setImmediate(() => setImmediate(resolve, false))),
    ]);
    if (!isDone) return { waiting: writing };
  }
  throw new Error("a hundred megabytes found room");
}

test("results that nobody reads are held up to the limit and little more; reading makes room", async () => {
  const { response, reader } = await exchange();
  const { waiting } = await fill(response, systemTimers);
  expect(response.writableLength).toBeGreaterThan(bulkLimits.unreadBytesMax);
  expect(response.writableLength).toBeLessThan(bulkLimits.unreadBytesMax + 2 * piece.length);
  reader.resume();
  await waiting;
  await writeResults(response, piece, systemTimers);
});

test("a reader that leaves is an error, for the write that waits and for any after it", async () => {
  const { response, reader } = await exchange();
  const { waiting } = await fill(response, systemTimers);
  reader.destroy();
  await expect(waiting).rejects.toThrow("The client is gone");
  await expect(writeResults(response, piece, systemTimers)).rejects.toThrow("The client is gone");
});

test("a reader that reads nothing for too long is one too", async () => {
  const { response } = await exchange();
  const impatient: Timers = {
    ...systemTimers,
    after: (_delayMs, call) => systemTimers.after(20, call),
  };
  const { waiting } = await fill(response, impatient);
  await expect(waiting).rejects.toThrow("read no results for too long");
});
