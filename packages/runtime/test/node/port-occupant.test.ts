import { once } from "node:events";
import { createServer } from "node:net";
import { findPortOccupant } from "@aloha/runtime/node";
import { expect, test } from "vitest";

test.each(["127.0.0.1", "::1"])("the process that listens on %s is found", async (host) => {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  expect(findPortOccupant(address.port)).toMatchObject({
    pid: process.pid,
    command: expect.stringContaining("node"),
  });
  server.close();
  await once(server, "close");
  expect(findPortOccupant(address.port)).toBeUndefined();
});
