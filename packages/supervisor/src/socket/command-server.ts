import { createServer, type Server, type Socket } from "node:net";
import type { SupervisorCommand, SupervisorReport } from "@aloha/core";
import type { Logger } from "@aloha/runtime";
import { StartExpander } from "./compact-starts.ts";
import { encodeFrame, FRAME_BYTES_MAX, FrameReader } from "./frames.ts";
import { listenOnPath } from "./listen-on-path.ts";
import { toCommand } from "./to-command.ts";

/** Connections at a time: one worker, its successor, and someone who looks. */
const CONNECTIONS_MAX = 16;

export interface CommandServerOptions {
  readonly path: string;
  readonly logger: Logger;
  readonly onCommand: (connection: number, command: SupervisorCommand) => void;
  readonly onDisconnected: (connection: number) => void;
}

/** Listens for workers. Only this user can reach the socket's directory. */
export class CommandServer {
  readonly #options: CommandServerOptions;
  readonly #server: Server;
  readonly #connections = new Map<number, Socket>();
  #lastConnection = 0;

  constructor(options: CommandServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  listen(): Promise<void> {
    return listenOnPath(this.#server, this.#options.path);
  }

  send(connection: number, report: SupervisorReport): void {
    const socket = this.#connections.get(connection);
    if (socket === undefined) return;
    // A worker that does not read is told everything again when it attaches anew.
    if (socket.writableLength > FRAME_BYTES_MAX) {
      socket.destroy();
      return;
    }
    gatherWrites(socket);
    socket.write(encodeFrame(report));
  }

  /** Closes a connection after what was sent. */
  disconnect(connection: number): void {
    this.#connections.get(connection)?.end();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#connections.values()) socket.end();
  }

  #accept(socket: Socket): void {
    const connection = ++this.#lastConnection;
    const frames = new FrameReader();
    const starts = new StartExpander();
    this.#connections.set(connection, socket);
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const value of frames.read(chunk)) {
          const command = starts.expand(value);
          if (command !== null) this.#options.onCommand(connection, toCommand(command));
        }
      } catch (error) {
        this.#options.logger.warn("A connection was closed", { connection, error });
        socket.destroy();
      }
    });
    socket.on("error", (error) =>
      this.#options.logger.debug("Connection failed", { connection, error }),
    );
    socket.on("close", () => {
      this.#connections.delete(connection);
      this.#options.onDisconnected(connection);
    });
  }
}

/** What is written in this turn leaves with one system call, so that the reader wakes once. */
function gatherWrites(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}
