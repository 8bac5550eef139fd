/** Every way a call can fail. The list is closed: a switch over it can be exhaustive. */
export const RPC_ERROR_CODES = [
  /** The deadline passed without a reply. The receiver may or may not have acted. */
  "timeout",
  /** The caller's AbortSignal fired. */
  "aborted",
  /** No connection could be made, and nobody refused it: no route, no name, no answer in time. */
  "unreachable",
  /** The host answered that nobody listens there (ECONNREFUSED). */
  "refused",
  /** The connection was lost after it had been made. The receiver may or may not have acted. */
  "disconnected",
  /** The peer has no endpoint of that name; the message lists those it has. */
  "no-such-endpoint",
  /** The endpoint exists, but speaks another protocol. */
  "wrong-protocol",
  /** The receiving endpoint has no room. It did not see the message. */
  "inbox-full",
  /** Too much waits to be sent to that peer. The message was not sent. */
  "outbox-full",
  /** The message does not fit into one frame. It was not sent. */
  "too-large",
  /** The message cannot be encoded, or does not pass the protocol's check. */
  "bad-message",
  /** The endpoint's handler threw, or answered with `context.fail`; see `remoteCode`. */
  "handler-failed",
  /** This environment or the receiving endpoint is stopping. */
  "stopped",
  /** The peer could not prove who it is, or speaks another version. */
  "unauthenticated",
  /** The text is not an address, or the address cannot be listened on. */
  "bad-address",
] as const;

export type RpcErrorCode = (typeof RPC_ERROR_CODES)[number];

const CODES: ReadonlySet<string> = new Set(RPC_ERROR_CODES);

export function isRpcErrorCode(text: string): text is RpcErrorCode {
  return CODES.has(text);
}

export interface RpcErrorOptions {
  readonly cause?: unknown;
  /** The code the remote handler gave to `context.fail`. */
  readonly remoteCode?: string;
}

/** The one error of this package. `code` says what happened, `message` says it to a person. */
export class RpcError extends Error {
  readonly code: RpcErrorCode;
  /** What the remote handler gave to `context.fail`; `undefined` unless `code` is "handler-failed". */
  readonly remoteCode: string | undefined;

  constructor(code: RpcErrorCode, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RpcError";
    this.code = code;
    this.remoteCode = options.remoteCode;
  }
}

/** An `unknown` from a catch clause as an Error, so that nothing else travels further. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
