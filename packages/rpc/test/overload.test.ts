import { afterEach, describe, expect, it } from "vitest";
import { memoryNetwork, tcpTransport } from "@aloha/rpc";
import type { RpcError } from "@aloha/rpc";
import { EchoEndpoint, echoProtocol, Envs, Gate, until } from "./harness.ts";

const envs = new Envs();
afterEach(() => envs.stopAll());

describe("a full inbox", () => {
  it("takes exactly its limit, fails further asks, and tells the sender once of lost messages", async () => {
    const gate = new Gate();
    const server = await envs.listen(tcpTransport());
    const received: string[] = [];
    const own = server.register(
      "slow",
      echoProtocol,
      {
        async receive(message, context) {
          received.push(message.kind === "callBack" ? "" : message.text);
          await gate.opened;
          context.reply({ text: "done" });
        },
      },
      { inboxLengthMax: 3 },
    );
    const losses: string[] = [];
    const client = await envs.start(tcpTransport(), {
      onNetworkError: (error) => losses.push(error.code),
    });
    const ref = client.ref(own.url, echoProtocol);
    const first = ref.ask({ kind: "echo", text: "at work" });
    await until(() => received.length === 1);
    const waiting = [1, 2, 3].map((number) => ref.ask({ kind: "echo", text: `waits ${number}` }));
    await expect(ref.ask({ kind: "echo", text: "too many" })).rejects.toMatchObject({
      code: "inbox-full",
    });
    for (let index = 0; index < 10; index++) ref.send({ kind: "note", text: "lost" });
    await until(() => losses.length > 0);
    gate.open();
    expect(await Promise.all([first, ...waiting])).toHaveLength(4);
    expect(received).toEqual(["at work", "waits 1", "waits 2", "waits 3"]);
    expect(losses).toEqual(["inbox-full"]);
  });

  it("still takes control messages, and runs them first", async () => {
    const gate = new Gate();
    const server = await envs.listen(tcpTransport());
    const received: string[] = [];
    const own = server.register(
      "slow",
      echoProtocol,
      {
        async receive(message, context) {
          received.push(message.kind === "callBack" ? "" : message.text);
          await gate.opened;
          context.reply({ text: "done" });
        },
      },
      { inboxLengthMax: 2 },
    );
    const client = await envs.start(tcpTransport());
    const ref = client.ref(own.url, echoProtocol);
    const heartbeats = client.ref(own.url, echoProtocol, { priority: "control" });
    const asks = [ref.ask({ kind: "echo", text: "at work" })];
    await until(() => received.length === 1);
    for (const text of ["bulk 1", "bulk 2"]) asks.push(ref.ask({ kind: "echo", text }));
    const rejected = ref.ask({ kind: "echo", text: "bulk 3" });
    await expect(rejected).rejects.toMatchObject({ code: "inbox-full" });
    asks.push(heartbeats.ask({ kind: "echo", text: "heartbeat" }));
    await ref.ask({ kind: "echo", text: "bulk 3" }).catch(() => undefined);
    gate.open();
    await Promise.all(asks);
    expect(received).toEqual(["at work", "heartbeat", "bulk 1", "bulk 2"]);
  });

  it("lets an endpoint that is busy not hold up another", async () => {
    const server = await envs.listen(tcpTransport());
    const gate = new Gate();
    const slow = server.register("slow", echoProtocol, { receive: () => gate.opened });
    const quick = server.register("quick", echoProtocol, new EchoEndpoint());
    const client = await envs.start(tcpTransport());
    for (let index = 0; index < 100; index++)
      client.ref(slow.url, echoProtocol).send({ kind: "note", text: "" });
    expect(await client.ref(quick.url, echoProtocol).ask({ kind: "echo", text: "quick" })).toEqual({
      text: "quick",
    });
    gate.open();
  });
});

describe("a peer that does not read", () => {
  it("fills the outbox up to its limit; then messages are lost and counted, asks fail, and all goes on afterwards", async () => {
    const network = memoryNetwork();
    const server = await envs.listen(network.transport());
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const losses: RpcError[] = [];
    const outboxBytesMax = 100_000;
    const client = await envs.start(network.transport(), {
      limits: { outboxBytesMax },
      onNetworkError: (error) => losses.push(error),
    });
    const ref = await client.lookup(own.url, echoProtocol);
    network.setHeld(true);
    const text = "x".repeat(1_000);
    for (let index = 0; index < 200; index++) ref.send({ kind: "note", text });
    const { pendingBytes, sendsLost } = client.stats();
    expect(pendingBytes).toBeLessThanOrEqual(outboxBytesMax);
    expect(pendingBytes).toBeGreaterThan(outboxBytesMax - 1_100);
    await expect(ref.ask({ kind: "echo", text })).rejects.toMatchObject({ code: "outbox-full" });
    network.setHeld(false);
    await until(() => client.stats().pendingBytes === 0);
    await ref.ask({ kind: "echo", text: "end" });
    expect(endpoint.notes.length + sendsLost).toBe(200);
    expect(losses.map((loss) => loss.code)).toEqual(["outbox-full"]);
  });

  it("lets control messages overtake the bulk that waits", async () => {
    const network = memoryNetwork();
    const server = await envs.listen(network.transport());
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const client = await envs.start(network.transport());
    const ref = await client.lookup(own.url, echoProtocol);
    network.setHeld(true);
    // Far more than the channel takes at once, so that most of it is still in the lane.
    for (let index = 0; index < 2_000; index++) ref.send({ kind: "note", text: "x".repeat(1_000) });
    await new Promise((resolve) => setImmediate(resolve));
    const heartbeat = ref.ask({ kind: "echo", text: "heartbeat" }, { priority: "control" });
    network.setHeld(false);
    await heartbeat;
    expect(endpoint.notes.length).toBeLessThan(1_000);
    await until(() => endpoint.notes.length === 2_000);
  });
});

describe("a broken connection", () => {
  it("fails what was under way, tells the endpoints, and the next message connects again", async () => {
    const network = memoryNetwork();
    const server = await envs.listen(network.transport());
    const own = server.register("echo", echoProtocol, new EchoEndpoint());
    const silent = server.register("silent", echoProtocol, { receive: () => undefined });
    const events: string[] = [];
    const client = await envs.start(network.transport());
    client.register("watcher", echoProtocol, {
      receive: () => undefined,
      onConnected: (connection) => events.push(`connected ${connection.direction}`),
      onDisconnected: (_connection, reason) => events.push(`disconnected ${reason?.code}`),
    });
    const ref = await client.lookup(own.url, echoProtocol);
    const lost = client.ref(silent.url, echoProtocol).ask({ kind: "echo", text: "" });
    await ref.ask({ kind: "echo", text: "" });
    network.breakAll();
    await expect(lost).rejects.toMatchObject({ code: "disconnected" });
    expect(await ref.ask({ kind: "echo", text: "again" })).toEqual({ text: "again" });
    await until(() => events.length === 3);
    expect(events).toEqual([
      "connected outbound",
      "disconnected disconnected",
      "connected outbound",
    ]);
  });

  it("tells of sent messages that could not leave, once, with their number in the statistics", async () => {
    const network = memoryNetwork();
    const told: string[] = [];
    const client = await envs.start(network.transport());
    client.register("watcher", echoProtocol, {
      receive: () => undefined,
      onNetworkError: (error, address) => told.push(`${error.code} ${address?.port}`),
    });
    const ref = client.ref("aloha://echo@memory:9", echoProtocol);
    for (let index = 0; index < 5; index++) ref.send({ kind: "note", text: "" });
    await until(() => told.length > 0);
    expect(told).toEqual(["refused 9"]);
    expect(client.stats().sendsLost).toBe(5);
  });
});
