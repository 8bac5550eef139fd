import type { RpcAddress } from "../rpc-address.ts";

/** The first frame of each side. Read by hand: nothing is decoded before it is known who speaks. */
export interface Hello {
  /** Random, new at every start of an environment. */
  readonly envId: string;
  readonly envName: string;
  /** Where the sender listens; `undefined` if it does not. */
  readonly address: RpcAddress | undefined;
  /** The name of the sender's security, "" for none. */
  readonly security: string;
}

export type ReadHello =
  | { readonly ok: true; readonly hello: Hello }
  | { readonly ok: false; readonly message: string };

/** "ALOH" */
const MAGIC = [0x41, 0x4c, 0x4f, 0x48] as const;
export const PROTOCOL_VERSION = 1;
const TEXT_BYTES_MAX = 255;

/** Magic, version, then five texts with a length byte each: id, name, host, port, security. Texts above 255 bytes are cut. */
export function writeHello(hello: Hello): Uint8Array {
  const texts = [
    hello.envId,
    hello.envName,
    hello.address?.host ?? "",
    hello.address === undefined ? "" : String(hello.address.port),
    hello.security,
  ].map((text) => Buffer.from(text).subarray(0, TEXT_BYTES_MAX));
  return Buffer.concat([
    Buffer.from([...MAGIC, PROTOCOL_VERSION]),
    ...texts.flatMap((text) => [Buffer.from([text.length]), text]),
  ]);
}

export function readHello(body: Uint8Array): ReadHello {
  if (MAGIC.some((byte, index) => body[index] !== byte)) {
    return { ok: false, message: "the peer does not speak Aloha's RPC" };
  }
  const version = body[MAGIC.length];
  if (version !== PROTOCOL_VERSION) {
    return {
      ok: false,
      message: `the peer speaks version ${version} of the RPC, this side version ${PROTOCOL_VERSION}`,
    };
  }
  const texts: string[] = [];
  let position = MAGIC.length + 1;
  while (texts.length < 5) {
    const length = body[position];
    if (length === undefined || position + 1 + length > body.length) {
      return { ok: false, message: "the peer's hello ends too early" };
    }
    texts.push(Buffer.from(body.subarray(position + 1, position + 1 + length)).toString());
    position += 1 + length;
  }
  const [envId = "", envName = "", host = "", portText = "", security = ""] = texts;
  const port = Number(portText);
  if (envId === "" || !Number.isInteger(port) || port < 0 || port > 65_535) {
    return { ok: false, message: "the peer's hello is malformed" };
  }
  return {
    ok: true,
    hello: { envId, envName, address: host === "" ? undefined : { host, port }, security },
  };
}
