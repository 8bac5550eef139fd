import { findPortOccupant } from "@aloha/runtime/node";
import { tryListen } from "../free-port.ts";
import { failure, fine } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Whether a daemon could listen there, or one of Aloha's does. */
export async function checkPort(
  check: string,
  address: { readonly host: string; readonly port: number; readonly key: string },
): Promise<Finding> {
  const { host, port, key } = address;
  const place = `${host}:${port}`;
  const problem = await tryListen(host, port);
  if (problem === undefined) return fine(check, `${place} is free`);
  if (problem !== "EADDRINUSE")
    return failure(
      check,
      `${place} cannot be listened on (${problem})`,
      `Set ${key}, and aloha.master.host to an address of this host.`,
    );
  const occupant = findPortOccupant(port);
  if (occupant === undefined)
    return failure(check, `${place} is in use`, `Stop what has it, or set ${key}.`);
  const who = `pid ${occupant.pid} (${occupant.command})`;
  return /\baloha(\.js)?\b.* master\b/.test(occupant.command)
    ? fine(check, `${place} is served by ${who}`)
    : failure(check, `${place} is in use by ${who}`, `Stop it, or set ${key}.`);
}
