import { AlohaError } from "@aloha/core";
import { errorCode, findPortOccupant } from "@aloha/runtime/node";

/** Why nobody can listen at an address, and what to do: `key` is the setting that names another port. */
export function listenError(
  thrown: unknown,
  place: { readonly host: string; readonly port: number },
  what: string,
  key: string,
): AlohaError {
  const code = rootCode(thrown);
  if (code !== "EADDRINUSE") {
    const why =
      reasonOf(code, place) ?? (thrown instanceof Error ? thrown.message : String(thrown));
    return new AlohaError(
      "refused",
      `The master cannot listen for ${what} on ${place.host}:${place.port}: ${why}`,
      { cause: thrown },
    );
  }
  const occupant = findPortOccupant(place.port);
  const who =
    occupant === undefined ? "another process" : `pid ${occupant.pid} (${occupant.command})`;
  return new AlohaError(
    "refused",
    `Port ${place.port} for ${what} is used by ${who}. Stop it, or set ${key} to another port (0: any).`,
    {
      cause: thrown,
    },
  );
}

/** In words that say what to do, where the code is one that people run into. */
function reasonOf(
  code: string | undefined,
  { host, port }: { readonly host: string; readonly port: number },
): string | undefined {
  switch (code) {
    case "EADDRNOTAVAIL":
      return `${host} is no address of this host. Set aloha.master.host to one that is.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name ${host} is not known. Set aloha.master.host to a name or address of this host.`;
    case "EACCES":
      return `this user may not listen on port ${port}. Choose one above 1023.`;
    default:
      return undefined;
  }
}

/** The code of the system at the bottom of a chain of causes. */
function rootCode(thrown: unknown): string | undefined {
  const deeper =
    thrown instanceof Error && thrown.cause !== undefined ? rootCode(thrown.cause) : undefined;
  return deeper ?? errorCode(thrown);
}
