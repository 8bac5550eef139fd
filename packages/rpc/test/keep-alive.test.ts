import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { memoryNetwork, tcpTransport } from "@aloha/rpc";
import { EchoEndpoint, echoProtocol, Envs, Simulation, until } from "./harness.ts";

describe("keep-alive", () => {
  it("notices a silent peer after three checks, on both sides, and reconnects when it is back", async () => {
    const simulation = new Simulation();
    const network = memoryNetwork();
    const envs = new Envs();
    const options = { runtime: simulation.runtime };
    const server = await envs.listen(network.transport(), options);
    const own = server.register("echo", echoProtocol, new EchoEndpoint());
    const client = await envs.start(network.transport(), options);
    const ref = await simulation.settle(client.lookup(own.url, echoProtocol));
    network.setSilent(true);
    const asked = ref.ask({ kind: "echo", text: "" }, { timeoutMs: 3_600_000 });
    const outcome = Promise.allSettled([asked]);
    const silentFromMs = simulation.time.monotonicMs();
    expect(await simulation.settle(outcome)).toMatchObject([
      { reason: { code: "disconnected", message: expect.stringContaining("silent for 15000 ms") } },
    ]);
    const noticedMs = simulation.time.monotonicMs() - silentFromMs;
    expect(noticedMs).toBeGreaterThan(10_000);
    expect(noticedMs).toBeLessThanOrEqual(20_000);
    await simulation.pass(10_000);
    expect(server.stats().connections).toBe(0);
    network.setSilent(false);
    expect(await simulation.settle(ref.ask({ kind: "echo", text: "back" }))).toEqual({
      text: "back",
    });
    await simulation.settle(envs.stopAll());
  });

  it("notices a network that carries bytes one way only", async () => {
    const simulation = new Simulation();
    const network = memoryNetwork();
    const envs = new Envs();
    const { runtime } = simulation;
    const server = await envs.start(network.transport("m"), {
      runtime,
      listen: { host: "m", port: 1 },
    });
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const client = await envs.start(network.transport("w"), { runtime });
    const ref = await simulation.settle(client.lookup(own.url, echoProtocol));
    network.setBlocked("m", "w", true);
    const outcome = Promise.allSettled([
      ref.ask({ kind: "echo", text: "" }, { timeoutMs: 60_000 }),
    ]);
    ref.send({ kind: "note", text: "still arrives" });
    expect(await simulation.settle(outcome)).toMatchObject([{ reason: { code: "disconnected" } }]);
    expect(endpoint.notes).toEqual(["still arrives"]);
    network.setBlocked("m", "w", false);
    expect(await simulation.settle(ref.ask({ kind: "echo", text: "back" }))).toEqual({
      text: "back",
    });
    await simulation.settle(envs.stopAll());
  });

  it("keeps an idle connection for an hour", async () => {
    const simulation = new Simulation();
    const network = memoryNetwork();
    const envs = new Envs();
    const server = await envs.listen(network.transport(), { runtime: simulation.runtime });
    const events: string[] = [];
    const own = server.register("echo", echoProtocol, {
      receive: (_message, context) => context.reply({ text: "" }),
      onDisconnected: () => events.push("disconnected"),
    });
    const client = await envs.start(network.transport(), { runtime: simulation.runtime });
    const ref = await simulation.settle(client.lookup(own.url, echoProtocol));
    await simulation.pass(3_600_000, 1_000);
    expect(await simulation.settle(ref.ask({ kind: "echo", text: "" }))).toEqual({ text: "" });
    expect(events).toEqual([]);
    await simulation.settle(envs.stopAll());
  });

  it("gives up connecting to a host that does not answer", async () => {
    const simulation = new Simulation();
    const network = memoryNetwork();
    const envs = new Envs();
    const client = await envs.start(network.transport(), { runtime: simulation.runtime });
    network.setSilent(true);
    const outcome = Promise.allSettled([
      client.ref("aloha://echo@far:1", echoProtocol).ask({ kind: "echo", text: "" }),
    ]);
    expect(await simulation.settle(outcome)).toMatchObject([{ reason: { code: "unreachable" } }]);
    expect(simulation.time.monotonicMs()).toBeLessThanOrEqual(5_100);
    await simulation.settle(envs.stopAll());
  });
});

describe("keep-alive over TCP", () => {
  const envs = new Envs();
  const proxies: FreezingProxy[] = [];
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) proxy.close();
    await envs.stopAll();
  });

  it("notices a network that stops carrying bytes without closing anything", async () => {
    const limits = { keepAliveIntervalMs: 30, keepAliveMissesMax: 3 };
    const server = await envs.listen(tcpTransport(), { limits });
    server.register("echo", echoProtocol, new EchoEndpoint());
    const proxy = await FreezingProxy.start(server.address?.port ?? 0);
    proxies.push(proxy);
    const client = await envs.start(tcpTransport(), { limits });
    const ref = client.ref(
      { name: "echo", address: { host: "127.0.0.1", port: proxy.port } },
      echoProtocol,
    );
    expect(await ref.ask({ kind: "echo", text: "through" })).toEqual({ text: "through" });
    proxy.freeze();
    const asked = ref.ask({ kind: "echo", text: "" });
    await expect(asked).rejects.toMatchObject({
      code: "disconnected",
      message: expect.stringContaining("silent for 90 ms"),
    });
    await until(() => server.stats().connections === 0);
  });
});

/** Carries bytes until it is told to freeze; then it keeps its sockets open and carries nothing. */
class FreezingProxy {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #frozen = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  static async start(targetPort: number): Promise<FreezingProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new FreezingProxy(server);
    server.on("connection", (near) => {
      const far = connect({ host: "127.0.0.1", port: targetPort, allowHalfOpen: true });
      proxy.#carry(near, far);
      proxy.#carry(far, near);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    return proxy;
  }

  freeze(): void {
    this.#frozen = true;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.push(from);
    from.on("data", (bytes: Uint8Array) => {
      if (!this.#frozen) to.write(bytes);
    });
    from.on("error", () => undefined);
  }
}
