import type { Server } from "node:net";
import { formatRpcAddress } from "../../rpc-address.ts";
import { RpcError } from "../../rpc-error.ts";
import type { Listener, ListenOptions } from "../transport.ts";

/** Lets `server` listen, and says clearly why it cannot. */
export function listenOn(server: Server, options: ListenOptions): Promise<Listener> {
  const { host, port } = options.address;
  const { logger } = options.runtime;
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => {
      const hint =
        cause.code === "EADDRINUSE"
          ? "another process listens there; choose another port"
          : cause.message;
      const text = `Cannot listen on ${formatRpcAddress(options.address)}: ${hint}.`;
      reject(new RpcError("bad-address", text, { cause }));
    };
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.removeListener("error", onError);
      server.on("error", (error) => logger.error("the listener of the RPC failed", { error }));
      const bound = server.address();
      const realPort = bound !== null && typeof bound === "object" ? bound.port : port;
      resolve({ address: { host, port: realPort }, close: () => closeServer(server) });
    });
  });
}

/** Stops accepting; does not wait for the sockets that were accepted. */
function closeServer(server: Server): Promise<void> {
  server.close();
  return Promise.resolve();
}
