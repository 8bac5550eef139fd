import { AlohaError } from "@aloha/core";
import { errorCode, findPortOccupant } from "@aloha/runtime/node";

/** Why nobody can listen at an address, and what to do: `key` is the setting that names another port. */
export function listenError(thrown: unknown, place: { readonly host: string; readonly port: number }, what: string, key: string): AlohaError {
  if (rootCode(thrown) !== "EADDRINUSE") {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return new AlohaError("refused", `The master cannot listen for ${what} on ${place.host}:${place.port}: ${why}`, { cause: thrown });
  }
  const occupant = findPortOccupant(place.port);
  const who = occupant === undefined ? "another process" : `pid ${occupant.pid} (${occupant.command})`;
  return new AlohaError("refused", `Port ${place.port} for ${what} is used by ${who}. Stop it, or set ${key} to another port (0: any).`, {
    cause: thrown,
  });
}

function rootCode(thrown: unknown): string | undefined {
  return errorCode(thrown) === "EADDRINUSE" || !(thrown instanceof Error) || thrown.cause === undefined
    ? errorCode(thrown)
    : rootCode(thrown.cause);
}
