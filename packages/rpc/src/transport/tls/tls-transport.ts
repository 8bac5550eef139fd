import type { TLSSocket } from "node:tls";
import { connect, createServer } from "node:tls";
import { isIP } from "node:net";
import { dialSocket } from "../tcp/dial-socket.ts";
import { listenOn } from "../tcp/listen-on.ts";
import { SocketChannel } from "../tcp/socket-channel.ts";
import type { Transport } from "../transport.ts";

export interface TlsTransportOptions {
  /** This side's certificate (chain) and its key, PEM. Both sides show one. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** The authorities that must have signed the peers' certificates, PEM. Nothing else is trusted, not even the system's. */
  readonly ca: string | Uint8Array;
  /** The name the listener's certificate must carry, if that is not the host that is dialled. */
  readonly serverName?: string;
  /** Time for the TLS handshake of an accepted connection. */
  readonly handshakeTimeoutMs?: number;
}

const HANDSHAKE_TIMEOUT_MS = 5_000;

/**
 * TLS 1.3, both sides proven by certificates of the given authorities. `connection.identity` is the
 * common name of the peer's certificate.
 */
export function tlsTransport(options: TlsTransportOptions): Transport {
  const credentials = {
    cert: asPem(options.cert),
    key: asPem(options.key),
    ca: asPem(options.ca),
    minVersion: "TLSv1.3",
    rejectUnauthorized: true,
  } as const;
  return {
    name: "tls",
    listen(listenOptions) {
      const handshakeTimeout = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
      const { logger } = listenOptions.runtime;
      const server = createServer(
        { ...credentials, requestCert: true, handshakeTimeout },
        (socket) => listenOptions.onChannel(new SocketChannel(socket, identityOf(socket))),
      );
      server.on("tlsClientError", (error, socket) => {
        logger.warn("a TLS connection was refused", { peer: socket.remoteAddress, error });
        // Node reports a handshake that takes too long, but leaves its socket open.
        socket.destroy();
      });
      return listenOn(server, listenOptions);
    },
    async dial(dialOptions) {
      const { host, port } = dialOptions.address;
      const serverName = options.serverName ?? (isIP(host) === 0 ? host : undefined);
      const named = serverName === undefined ? {} : { servername: serverName };
      const socket = await dialSocket(
        connect({ ...credentials, ...named, host, port }),
        "secureConnect",
        dialOptions,
      );
      return new SocketChannel(socket, identityOf(socket));
    },
  };
}

/** The common name of the certificate that the peer proved to own. */
function identityOf(socket: TLSSocket): string | undefined {
  const name: string | string[] | undefined = socket.getPeerCertificate().subject?.CN;
  return Array.isArray(name) ? name.join(",") : name;
}

function asPem(pem: string | Uint8Array): string | Buffer {
  return typeof pem === "string" ? pem : Buffer.from(pem);
}
