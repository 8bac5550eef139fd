/** Where an environment listens. `host` is a name, an IPv4 or an IPv6 address without brackets. */
export interface RpcAddress {
  readonly host: string;
  readonly port: number;
}

export type ParsedRpcUrl =
  | { readonly ok: true; readonly name: string; readonly address: RpcAddress }
  | { readonly ok: false; readonly message: string };

/** The longest endpoint name, in characters. */
export const ENDPOINT_NAME_LENGTH_MAX = 128;

const URL_PATTERN = /^aloha:\/\/([^@/]+)@(\[[0-9A-Fa-f:.]+\]|[^:@/[\]\s]+):(\d{1,5})$/;
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Reads `aloha://name@host:port` (IPv6 hosts in brackets). */
export function parseRpcUrl(text: string): ParsedRpcUrl {
  const match = URL_PATTERN.exec(text);
  if (match === null) {
    return {
      ok: false,
      message: `"${text}" is not an endpoint's address: write aloha://name@host:port`,
    };
  }
  const [, name = "", hostText = "", portText = ""] = match;
  const nameProblem = endpointNameProblem(name);
  if (nameProblem !== undefined) return { ok: false, message: `"${text}": ${nameProblem}` };
  const port = Number(portText);
  if (port > 65_535) return { ok: false, message: `"${text}": the port must be at most 65535` };
  const host = hostText.startsWith("[") ? hostText.slice(1, -1) : hostText;
  return { ok: true, name, address: { host, port } };
}

/** Writes what `parseRpcUrl` reads. */
export function formatRpcUrl(name: string, address: RpcAddress): string {
  return `aloha://${name}@${formatRpcAddress(address)}`;
}

/** `host:port`, with brackets around an IPv6 host. Also the key under which connections are kept. */
export function formatRpcAddress(address: RpcAddress): string {
  return address.host.includes(":")
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}

/** Why `name` cannot name an endpoint, or `undefined` if it can. */
export function endpointNameProblem(name: string): string | undefined {
  if (name.length > ENDPOINT_NAME_LENGTH_MAX) {
    return `an endpoint's name has at most ${ENDPOINT_NAME_LENGTH_MAX} characters`;
  }
  if (!NAME_PATTERN.test(name)) {
    return `"${name}" cannot name an endpoint: use letters, digits, ".", "_" and "-", and begin with a letter or digit`;
  }
  return undefined;
}
