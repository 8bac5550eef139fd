import type { Socket } from "node:net";
import { RpcError } from "../../rpc-error.ts";
import type { Channel, ChannelSink } from "../transport.ts";

/** A TCP or TLS socket as a channel. */
export class SocketChannel implements Channel {
  readonly remote: string;
  readonly identity: string | undefined;
  readonly #socket: Socket;
  #error: RpcError | undefined;

  constructor(socket: Socket, identity: string | undefined) {
    this.#socket = socket;
    this.remote = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
    this.identity = identity;
    socket.setNoDelay(true);
    socket.on("error", (cause) => {
      this.#error = new RpcError(
        "disconnected",
        `The connection with ${this.remote} broke: ${cause.message}.`,
        { cause },
      );
    });
  }

  attach(sink: ChannelSink): void {
    const socket = this.#socket;
    socket.on("data", (bytes: Uint8Array) => sink.onBytes(bytes));
    socket.on("end", () => socket.end());
    socket.on("close", () => sink.onEnd(this.#error));
    if (socket.destroyed) queueMicrotask(() => sink.onEnd(this.#error));
  }

  write(bytes: Uint8Array, sent: () => void): void {
    if (this.#socket.writable) this.#socket.write(bytes, sent);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    if (this.#socket.writableEnded) this.#socket.destroySoon();
    else this.#socket.destroy();
  }
}
