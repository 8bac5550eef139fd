import { createServer } from "node:net";
import { AlohaError } from "@aloha/core/vocabulary";
import { errorCode, findPortOccupant } from "@aloha/runtime/node";
import type { CommandContext } from "./command-context.ts";
import { pause } from "./pause.ts";

const retryMs = 100;

/**
 * Settles once nothing listens on the port any more, at most `patienceMs` from now. Throws AlohaError
 * (`refused`) that names the occupant and the flag that chooses another port.
 */
export async function requireFreePort(
  context: CommandContext,
  address: { readonly host: string; readonly port: number; readonly flag: string },
  patienceMs: number,
): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    const failure = await tryListen(address.host, address.port);
    if (failure === undefined) return;
    if (failure !== "EADDRINUSE" || waitedMs >= patienceMs) throw refusal(address, failure);
    await pause(context.timers, retryMs);
  }
}

/** What a port that could not be listened on means for people. */
function refusal(
  address: { readonly port: number; readonly flag: string },
  failure: string,
): AlohaError {
  const { port, flag } = address;
  if (failure !== "EADDRINUSE") {
    return new AlohaError(
      "refused",
      `port ${port} cannot be listened on (${failure}). Choose another: ${flag} PORT`,
    );
  }
  const occupant = findPortOccupant(port);
  const who =
    occupant === undefined ? "another process" : `pid ${occupant.pid} (${occupant.command})`;
  return new AlohaError(
    "refused",
    `port ${port} is in use by ${who}. Choose another: ${flag} PORT`,
  );
}

/** The code of the error, or undefined if the port is free. */
export function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errorCode(error) ?? error.message));
    server.listen({ host, port }, () => {
      server.close(() => resolve(undefined));
    });
  });
}
