import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** Stands between a client and a server on loopback, and can reset what goes through it. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #connections = 0;
  #chunks = 0;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#join(client, targetPort));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that were opened through it so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Pieces of data that clients sent through it so far. */
  get chunksFromClients(): number {
    return this.#chunks;
  }

  /** Ends every connection with a TCP reset to both sides, and gives how many there were. */
  reset(): number {
    const pairs = [...this.#pairs];
    this.#pairs.clear();
    for (const [client, server] of pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    return pairs.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, targetPort: number): void {
    this.#connections++;
    const server = connect(targetPort, "127.0.0.1");
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    client.on("data", () => this.#chunks++);
    for (const [from, to] of [pair, [server, client] as const]) {
      from.setNoDelay(true);
      from.pipe(to);
      // An end on one side, a reset included, is passed on as an end.
      from.on("error", () => to.destroy());
      from.once("close", () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
  }
}
