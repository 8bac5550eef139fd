import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { systemTimers } from "@aloha/runtime/time";
import { expect, onTestFinished, test } from "vitest";
import { limitBodyTime } from "../../src/rest/limit-body-time.ts";

const timeoutMs = 150;

/** A connection to a server that gives bodies this long, reads them, and answers with their length. */
async function connected(): Promise<Socket> {
  const server = createServer((request, response) => {
    limitBodyTime(request, systemTimers, timeoutMs);
    request.on("error", () => undefined);
    text(request).then(
      (body) => response.end(String(body.length)),
      () => undefined,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

const head = (field: string): string => `POST / HTTP/1.1\r\nhost: x\r\n${field}\r\n\r\n`;

test.each([
  ["a length", "content-length: 1000", "x"],
  ["chunks", "transfer-encoding: chunked", "1\r\nx\r\n"],
])("a body with %s that comes byte by byte is ended with 408", async (_what, field, byte) => {
  const socket = await connected();
  socket.on("error", () => undefined);
  socket.write(head(field));
  const drip = setInterval(() => socket.write(byte), 20);
  onTestFinished(() => clearInterval(drip));
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
});

test("a body that came in time is answered, also long after", async () => {
  const socket = await connected();
  socket.write(`${head("content-length: 3")}abc`);
  const [first] = (await once(socket, "data")) as [Buffer];
  expect(first.toString()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\b3$/);
  // The connection is kept, and what has no body has no limit.
  await new Promise((resolve) => setTimeout(resolve, 2 * timeoutMs));
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const [second] = (await once(socket, "data")) as [Buffer];
  expect(second.toString()).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});
