import { isRpcErrorCode, RpcError } from "../rpc-error.ts";
import type { RpcErrorCode } from "../rpc-error.ts";

/** Characters of an error's message that travel. */
const MESSAGE_LENGTH_MAX = 2_000;
const REMOTE_CODE_LENGTH_MAX = 200;

/** A failure as it travels: code, message, and what `context.fail` gave. */
export function writeFailure(
  code: RpcErrorCode,
  message: string,
  remoteCode?: string,
): readonly (string | null)[] {
  return [
    code,
    message.slice(0, MESSAGE_LENGTH_MAX),
    remoteCode?.slice(0, REMOTE_CODE_LENGTH_MAX) ?? null,
  ];
}

/** The failure that arrived, as the asker's error. */
export function readFailure(value: unknown): RpcError {
  if (isList(value)) {
    const [code, message, remoteCode] = value;
    if (typeof code === "string" && isRpcErrorCode(code) && typeof message === "string") {
      return new RpcError(code, message, typeof remoteCode === "string" ? { remoteCode } : {});
    }
  }
  return new RpcError("bad-message", "The peer reported a failure that cannot be read.");
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
