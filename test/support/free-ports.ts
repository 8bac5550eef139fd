import { createServer } from "node:net";

/** Below the range from which the kernel takes the ports of outgoing connections (32768 on), so that none of those is in the way. */
const firstPort = 20_000;
const lastPort = 31_999;
const triesMax = 200;

/** A port of 127.0.0.1 on which nothing listens now. Unlike port 0 it can be given to a process again when that is restarted. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${firstPort} to ${lastPort} in ${triesMax} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
