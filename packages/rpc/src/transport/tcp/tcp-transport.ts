import { connect, createServer } from "node:net";
import type { Transport } from "../transport.ts";
import { dialSocket } from "./dial-socket.ts";
import { listenOn } from "./listen-on.ts";
import { SocketChannel } from "./socket-channel.ts";

/** Plain TCP. */
export function tcpTransport(): Transport {
  return {
    name: "tcp",
    listen(options) {
      const server = createServer({ noDelay: true }, (socket) =>
        options.onChannel(new SocketChannel(socket, undefined)),
      );
      return listenOn(server, options);
    },
    async dial(options) {
      const { host, port } = options.address;
      const socket = await dialSocket(connect({ host, port, noDelay: true }), "connect", options);
      return new SocketChannel(socket, undefined);
    },
  };
}
