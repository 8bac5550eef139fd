import { chmodSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { AlohaError, endMessageBytesMax, isAttemptKey } from "@aloha/core";
import type { AttemptKey, HostCommand, HostReport } from "@aloha/core";
import type { Logger } from "@aloha/runtime";
import { encodeFrame, FRAME_BYTES_MAX, FrameReader } from "./frames.ts";
import { listenOnPath } from "./listen-on-path.ts";

/** More than hosts there may be: one that is being replaced may still be connected. */
const CONNECTIONS_MAX = 256;

export interface HostServerOptions {
  readonly path: string;
  readonly logger: Logger;
  readonly onReports: (host: AttemptKey, reports: readonly HostReport[]) => void;
  readonly onDisconnected: (host: AttemptKey) => void;
}

interface HostConnection {
  readonly socket: Socket;
  /** What leaves with the next write. */
  outgoing: HostCommand[];
}

/**
 * Listens for the hosts that applications share. What runs in a host could say anything in its name, so
 * it is checked by form, and the core believes a host about its own members alone.
 */
export class HostServer {
  readonly #options: HostServerOptions;
  readonly #server: Server;
  readonly #hosts = new Map<AttemptKey, HostConnection>();

  constructor(options: HostServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  async listen(): Promise<void> {
    await listenOnPath(this.#server, this.#options.path);
    // Hosts may run as other accounts; the name of the socket is what they have to know.
    chmodSync(this.#options.path, 0o666);
  }

  /** What is said in one turn leaves as one line. A host that is gone hears nothing: its end is on the way. */
  send(host: AttemptKey, message: HostCommand): void {
    const connection = this.#hosts.get(host);
    if (connection === undefined) return;
    connection.outgoing.push(message);
    if (connection.outgoing.length === 1) process.nextTick(() => flush(connection));
  }

  close(): void {
    this.#server.close();
    for (const { socket } of this.#hosts.values()) socket.end();
  }

  #accept(socket: Socket): void {
    const frames = new FrameReader();
    let host: AttemptKey | null = null;
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const value of frames.read(chunk)) {
          const reports = toReports(value);
          host ??= this.#greet(socket, reports);
          this.#options.onReports(host, reports);
        }
      } catch (error) {
        this.#options.logger.warn("The connection of a host was closed", { host, error });
        socket.destroy();
      }
    });
    socket.on("error", (error) =>
      this.#options.logger.debug("The connection of a host failed", { host, error }),
    );
    socket.on("close", () => {
      if (host === null) return;
      this.#hosts.delete(host);
      this.#options.onDisconnected(host);
    });
  }

  /** The first message on a connection says whose it is. */
  #greet(socket: Socket, [hello]: readonly HostReport[]): AttemptKey {
    if (hello?.kind !== "hello" || this.#hosts.has(hello.host)) {
      throw new AlohaError("refused", "A connection did not begin as that of a new host does.");
    }
    this.#hosts.set(hello.host, { socket, outgoing: [] });
    return hello.host;
  }
}

function flush(connection: HostConnection): void {
  const { socket, outgoing } = connection;
  connection.outgoing = [];
  // A host that does not read is lost, like one that ended.
  if (socket.writableLength > FRAME_BYTES_MAX) socket.destroy();
  else socket.write(encodeFrame(outgoing));
}

function toReports(value: object): readonly HostReport[] {
  if (!Array.isArray(value)) throw new AlohaError("invalid-argument", "A host sent no list.");
  return value.map(toReport);
}

function toReport(value: unknown): HostReport {
  if (typeof value === "object" && value !== null && "kind" in value) {
    if (value.kind === "hello" && "host" in value && isAttemptKey(value.host)) {
      return { kind: "hello", host: value.host };
    }
    if (value.kind === "ended" && "attempt" in value && isAttemptKey(value.attempt)) {
      const exitCode = "exitCode" in value ? value.exitCode : undefined;
      const message = "message" in value ? value.message : undefined;
      if (isExitCode(exitCode) && (message === null || typeof message === "string")) {
        const words = message === null ? null : message.slice(0, endMessageBytesMax);
        return { kind: "ended", attempt: value.attempt, exitCode, message: words };
      }
    }
  }
  throw new AlohaError("invalid-argument", "A host sent something that is no report.");
}

function isExitCode(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255;
}
