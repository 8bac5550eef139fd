import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireFreePort } from "../src/free-port.ts";
import { capturedContext } from "./support/captured-context.ts";

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  server.close();
});

it("names the process that holds the port, and the flag that chooses another", async () => {
  const address = { host: "127.0.0.1", port, flag: "--rest-port" };
  await expect(requireFreePort(capturedContext(), address, 0)).rejects.toThrow(
    new RegExp(
      `port ${port} is in use by pid ${process.pid} \\(.+\\)\\. Choose another: --rest-port PORT`,
    ),
  );
});

it("waits for a port that is given up in time", async () => {
  const free = requireFreePort(
    capturedContext(),
    { host: "127.0.0.1", port, flag: "--port" },
    5000,
  );
  server.close();
  await expect(free).resolves.toBeUndefined();
});
