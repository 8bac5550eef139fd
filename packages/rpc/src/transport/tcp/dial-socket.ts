import type { Socket } from "node:net";
import { formatRpcAddress } from "../../rpc-address.ts";
import { RpcError } from "../../rpc-error.ts";
import type { DialOptions } from "../transport.ts";

/** Waits until `socket` says `ready`; else ends it and says why. */
export function dialSocket<S extends Socket>(
  socket: S,
  ready: "connect" | "secureConnect",
  options: DialOptions,
): Promise<S> {
  const key = formatRpcAddress(options.address);
  return new Promise((resolve, reject) => {
    const settle = (error: RpcError | undefined): void => {
      timer.clear();
      options.signal.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
      socket.removeListener(ready, onReady);
      if (error === undefined) return resolve(socket);
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    };
    const onReady = (): void => settle(undefined);
    const onAbort = (): void =>
      settle(new RpcError("stopped", `Connecting to ${key} was given up.`));
    const onError = (cause: Error): void => settle(dialError(key, cause));
    const timer = options.runtime.timers.after(options.timeoutMs, () =>
      settle(new RpcError("unreachable", `${key} did not answer within ${options.timeoutMs} ms.`)),
    );
    socket.once("error", onError);
    socket.once(ready, onReady);
    options.signal.addEventListener("abort", onAbort);
    if (options.signal.aborted) onAbort();
  });
}

/**
 * "refused" only if every address of the host refused: it is taken as proof that nobody listens there.
 * A TLS failure is "unauthenticated".
 */
function dialError(key: string, cause: Error): RpcError {
  const causes = cause instanceof AggregateError ? cause.errors : [cause];
  if (causes.length > 0 && causes.every((each) => errorCode(each) === "ECONNREFUSED")) {
    return new RpcError("refused", `Nobody listens on ${key}.`, { cause });
  }
  if (causes.some((each) => isTlsFailure(errorCode(each)))) {
    return new RpcError(
      "unauthenticated",
      `No trusted TLS connection with ${key}: ${cause.message}.`,
      { cause },
    );
  }
  return new RpcError(
    "unreachable",
    `${key} cannot be reached: ${cause.message || errorCode(cause)}.`,
    { cause },
  );
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

/** The codes of Node's TLS layer and of OpenSSL's certificate checks. */
function isTlsFailure(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/.test(
    code,
  );
}
