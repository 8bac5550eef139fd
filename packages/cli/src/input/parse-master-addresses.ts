import { AlohaError, quote } from "@aloha/core/vocabulary";

const portDefault = 7077;

/**
 * The `host:port` of each master in `aloha://host:port[,host:port...]`, as the original wrote it. The port
 * may be left out. Throws AlohaError (`invalid-argument`).
 */
export function parseMasterAddresses(text: string): readonly string[] {
  const match = /^aloha:\/\/(.+)$/.exec(text);
  const addresses = (match?.[1] ?? "").split(",").map(parseAddress);
  if (match !== null && addresses.every((address) => address !== undefined)) return addresses;
  throw new AlohaError(
    "invalid-argument",
    `${quote(text)} does not name masters: write aloha://host:port, or aloha://host:port,host:port for several`,
  );
}

function parseAddress(text: string): string | undefined {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:@/[\]\s,]+)(?::(\d{1,5}))?$/.exec(text.replace(/\/$/, ""));
  if (match === null) return undefined;
  const port = match[2] === undefined ? portDefault : Number(match[2]);
  return port >= 1 && port <= 65_535 ? `${match[1]}:${port}` : undefined;
}
