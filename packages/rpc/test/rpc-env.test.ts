import { afterEach, describe, expect, it } from "vitest";
import { defineProtocol, memoryNetwork, RpcError, tcpTransport } from "@aloha/rpc";
import type { Connection, Exchange, ReceiveContext, Transport } from "@aloha/rpc";
import type { Echo } from "./harness.ts";
import {
  EchoEndpoint,
  echoProtocol,
  Envs,
  Gate,
  LOOPBACK,
  systemRuntime,
  until,
} from "./harness.ts";

const envs = new Envs();
afterEach(() => envs.stopAll());

function transports(): readonly (readonly [string, () => Transport])[] {
  const network = memoryNetwork();
  return [
    ["tcp", () => tcpTransport()],
    ["memory", () => network.transport()],
  ];
}

describe.each(transports())("an environment over %s", (_name, transport) => {
  it("answers what is asked, and looks up what exists", async () => {
    const server = await envs.listen(transport());
    const own = server.register("echo", echoProtocol, new EchoEndpoint());
    const client = await envs.start(transport());
    const ref = await client.lookup(own.url, echoProtocol);
    expect(await ref.ask({ kind: "echo", text: "hello" })).toEqual({ text: "hello" });
    expect(own.url).toBe(`aloha://echo@127.0.0.1:${server.address?.port}`);
  });

  it("reaches its own endpoints the same way, with messages copied", async () => {
    const env = await envs.listen(transport());
    const seen: unknown[] = [];
    const ref = env.register("echo", echoProtocol, {
      receive(message, context) {
        seen.push(message);
        context.reply({ text: "mine" });
      },
    });
    const message = { kind: "echo", text: "x" } as const;
    expect(await ref.ask(message)).toEqual({ text: "mine" });
    expect(seen).toEqual([message]);
    expect(seen[0]).not.toBe(message);
  });

  it("names the endpoints that exist when one does not", async () => {
    const server = await envs.listen(transport());
    server.register("beta", echoProtocol, new EchoEndpoint());
    server.register("alpha", echoProtocol, new EchoEndpoint());
    const client = await envs.start(transport());
    const address = server.address ?? LOOPBACK;
    const missing = {
      code: "no-such-endpoint",
      message: expect.stringContaining("it has alpha, beta"),
    };
    await expect(client.lookup({ name: "gamma", address }, echoProtocol)).rejects.toMatchObject(
      missing,
    );
    const ref = client.ref({ name: "gamma", address }, echoProtocol);
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject(missing);
  });

  it("says which protocol an endpoint speaks when it is another", async () => {
    const server = await envs.listen(transport());
    const own = server.register("echo", echoProtocol, new EchoEndpoint());
    const other = defineProtocol<Echo>({
      name: "other",
      kinds: { echo: {}, note: {}, callBack: {} },
    });
    await expect(
      own.url && (await envs.start(transport())).lookup(own.url, other),
    ).rejects.toMatchObject({
      code: "wrong-protocol",
      message: expect.stringContaining("echo speaks echo, not other"),
    });
  });

  it("tells a refused connection from other failures, and connects once somebody listens", async () => {
    const first = await envs.listen(transport());
    const address = first.address ?? LOOPBACK;
    await first.stop();
    const client = await envs.start(transport());
    const ref = client.ref({ name: "echo", address }, echoProtocol);
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({ code: "refused" });
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({ code: "refused" });
    const second = await envs.start(transport(), { listen: address });
    second.register("echo", echoProtocol, new EchoEndpoint());
    expect(await ref.ask({ kind: "echo", text: "again" })).toEqual({ text: "again" });
  });

  it("carries references inside messages, also to one who does not listen", async () => {
    const server = await envs.listen(transport());
    const own = server.register("echo", echoProtocol, new EchoEndpoint());
    const client = await envs.start(transport());
    const mine = client.register("mine", echoProtocol, new EchoEndpoint());
    const ref = client.ref(own.url, echoProtocol);
    expect(await ref.ask({ kind: "callBack", to: mine, text: "client" })).toBe(
      "called back: client",
    );
    const second = server.register("second", echoProtocol, new EchoEndpoint());
    expect(await ref.ask({ kind: "callBack", to: second, text: "server" })).toBe(
      "called back: server",
    );
  });

  it("delivers the messages of one sender in their order, asks among them", async () => {
    const server = await envs.listen(transport());
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const ref = (await envs.start(transport())).ref(own.url, echoProtocol);
    const sent = Array.from({ length: 5_000 }, (_, index) => String(index));
    for (const text of sent) ref.send({ kind: "note", text });
    await ref.ask({ kind: "echo", text: "end" });
    expect(endpoint.notes).toEqual(sent);
  });

  it("takes a message as long as a frame allows, and refuses one byte more without a send", async () => {
    const server = await envs.listen(transport());
    const own = server.register("echo", echoProtocol, new EchoEndpoint());
    const ref = (await envs.start(transport())).ref(own.url, echoProtocol);
    const ask = (length: number): Promise<{ readonly text: string }> =>
      ref.ask({ kind: "echo", text: "x".repeat(length) });
    // 1 MiB less the header (7), the map and its keys, and the head of the text (5).
    const longest = 1024 * 1024 - 7 - 1 - 5 - 5 - 5 - 5;
    expect((await ask(longest)).text).toHaveLength(longest);
    await expect(ask(longest + 1)).rejects.toMatchObject({ code: "too-large" });
  });

  it("lets an ask fail at its deadline and tells the handler", async () => {
    const server = await envs.listen(transport());
    const contexts: ReceiveContext[] = [];
    const own = server.register("slow", echoProtocol, {
      receive(_message, context) {
        contexts.push(context);
        void context.signal;
      },
    });
    const ref = (await envs.start(transport())).ref(own.url, echoProtocol);
    const startMs = systemRuntime.clock.monotonicMs();
    await expect(ref.ask({ kind: "echo", text: "" }, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "timeout",
    });
    expect(systemRuntime.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(50);
    await until(() => contexts[0]?.signal.aborted === true);
    contexts[0]?.reply({ text: "too late, and harmless" });
  });

  it("lets an ask fail when its caller aborts, before or after it was sent", async () => {
    const server = await envs.listen(transport());
    const contexts: ReceiveContext[] = [];
    const own = server.register("slow", echoProtocol, {
      receive: (_message, context) => void contexts.push(context),
    });
    const ref = (await envs.start(transport())).ref(own.url, echoProtocol);
    const controller = new AbortController();
    const asked = ref.ask({ kind: "echo", text: "" }, { signal: controller.signal });
    await until(() => contexts.length === 1);
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toMatchObject({ code: "aborted", cause: new Error("enough") });
    await until(() => contexts[0]?.signal.aborted === true);
    await expect(
      ref.ask({ kind: "echo", text: "" }, { signal: controller.signal }),
    ).rejects.toMatchObject({ code: "aborted" });
  });

  it("takes a reply long after the handler returned", async () => {
    const server = await envs.listen(transport());
    const held: ReceiveContext[] = [];
    const own = server.register("held", echoProtocol, {
      receive: (_message, context) => void held.push(context),
    });
    const ref = (await envs.start(transport())).ref(own.url, echoProtocol);
    const first = ref.ask({ kind: "echo", text: "1" });
    const second = ref.ask({ kind: "echo", text: "2" });
    await until(() => held.length === 2);
    held[1]?.reply({ text: "second" });
    expect(await second).toEqual({ text: "second" });
    held[0]?.reply({ text: "first" });
    held[0]?.reply({ text: "once more, which does nothing" });
    expect(await first).toEqual({ text: "first" });
  });

  it("tells the asker what a handler threw, at once or later, and what it failed with", async () => {
    const errors: string[] = [];
    const server = await envs.listen(transport());
    const own = server.register("echo", echoProtocol, {
      receive(message, context) {
        if (message.kind !== "echo") return undefined;
        if (message.text === "throw") throw new Error("at once");
        if (message.text === "reject") return Promise.reject(new Error("later"));
        return context.fail({ code: "no-cores", message: "nothing is free" });
      },
      onError: (error) => errors.push(error.message),
    });
    const ref = (await envs.start(transport())).ref(own.url, echoProtocol);
    const failure = (message: string): object => ({
      code: "handler-failed",
      message: expect.stringContaining(message),
    });
    await expect(ref.ask({ kind: "echo", text: "throw" })).rejects.toMatchObject(
      failure("at once"),
    );
    await expect(ref.ask({ kind: "echo", text: "reject" })).rejects.toMatchObject(failure("later"));
    await expect(ref.ask({ kind: "echo", text: "fail" })).rejects.toMatchObject({
      ...failure("nothing is free"),
      remoteCode: "no-cores",
    });
    expect(errors).toEqual(["at once", "later"]);
  });

  it("refuses a message, and a reply, that does not pass the protocol's check", async () => {
    type Loose = {
      readonly echo: Exchange<{ readonly kind: "echo"; readonly text: number }, unknown>;
    };
    const loose = defineProtocol<Loose>({ name: "echo", kinds: { echo: {} } });
    const server = await envs.listen(transport());
    const strict = server.register("strict", echoProtocol, new EchoEndpoint());
    const lax = server.register("lax", loose, {
      receive: (_message, context) => context.reply({ text: 1 }),
    });
    const client = await envs.start(transport());
    const refused = { code: "bad-message", message: expect.stringContaining("text is missing") };
    await expect(
      client.ref(strict.url, loose).ask({ kind: "echo", text: 1 }),
    ).rejects.toMatchObject(refused);
    await expect(
      client.ref(lax.url, echoProtocol).ask({ kind: "echo", text: "" }),
    ).rejects.toMatchObject(refused);
  });

  it("ends asks under way when it stops, or its peer stops", async () => {
    const server = await envs.listen(transport());
    let received = 0;
    const silent = server.register("silent", echoProtocol, { receive: () => void received++ });
    const client = await envs.start(transport());
    const other = await envs.start(transport());
    const mine = client.ref(silent.url, echoProtocol).ask({ kind: "echo", text: "" });
    const theirs = other.ref(silent.url, echoProtocol).ask({ kind: "echo", text: "" });
    await until(() => received === 2);
    const outcomes = Promise.allSettled([mine, theirs]);
    await client.stop();
    await server.stop();
    const codes = (await outcomes).map(
      (outcome) =>
        outcome.status === "rejected" && outcome.reason instanceof RpcError && outcome.reason.code,
    );
    expect(codes).toEqual(["stopped", "disconnected"]);
    await expect(
      client.ref(silent.url, echoProtocol).ask({ kind: "echo", text: "" }),
    ).rejects.toMatchObject({ code: "stopped" });
  });

  it("sends what waits before it stops", async () => {
    const server = await envs.listen(transport());
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const client = await envs.start(transport());
    const ref = await client.lookup(own.url, echoProtocol);
    for (let index = 0; index < 1_000; index++) ref.send({ kind: "note", text: "x".repeat(1_000) });
    await client.stop();
    await until(() => endpoint.notes.length === 1_000);
  });

  it("runs onStart, then onConnected, the messages, onDisconnected and onStop, one at a time", async () => {
    const server = await envs.listen(transport());
    const events: string[] = [];
    const gate = new Gate();
    const connections: Connection[] = [];
    const own = server.register("echo", echoProtocol, {
      async onStart(ref) {
        await gate.opened;
        events.push(`start ${ref.name}`);
      },
      onConnected: (connection) => void (connections.push(connection), events.push("connected")),
      async receive(message, context) {
        events.push("begin");
        await new Promise((resolve) => setImmediate(resolve));
        events.push("end");
        if (message.kind === "echo") context.reply({ text: context.connection.peerName });
      },
      onDisconnected: () => void events.push("disconnected"),
      onStop: () => void events.push("stop"),
    });
    const client = await envs.start(transport(), { name: "the client" });
    const ref = client.ref(own.url, echoProtocol);
    const asked = [1, 2].map(() => ref.ask({ kind: "echo", text: "" }));
    gate.open();
    expect(await Promise.all(asked)).toEqual([{ text: "the client" }, { text: "the client" }]);
    await client.stop();
    await until(() => events.includes("disconnected"));
    await server.stop();
    expect(events).toEqual([
      "start echo",
      "connected",
      "begin",
      "end",
      "begin",
      "end",
      "disconnected",
      "stop",
    ]);
    expect(connections).toMatchObject([
      { direction: "inbound", peer: undefined, identity: undefined },
    ]);
  });

  it("tells an acceptor the address its peer listens on", async () => {
    const server = await envs.listen(transport());
    const peers: unknown[] = [];
    const own = server.register("echo", echoProtocol, {
      receive(_message, context) {
        peers.push(context.connection.peer);
        context.reply({ text: "" });
      },
    });
    const client = await envs.listen(transport());
    await client.ref(own.url, echoProtocol).ask({ kind: "echo", text: "" });
    expect(peers).toEqual([client.address]);
  });
});

describe("an environment", () => {
  it("refuses names that are taken or malformed, and gives a name free again", async () => {
    const env = await envs.start(tcpTransport());
    env.register("echo", echoProtocol, new EchoEndpoint());
    expect(() => env.register("echo", echoProtocol, new EchoEndpoint())).toThrow("exists already");
    expect(() => env.register("$directory", echoProtocol, new EchoEndpoint())).toThrow(
      "cannot name an endpoint",
    );
    await env.unregister("echo");
    env.register("echo", echoProtocol, new EchoEndpoint());
  });

  it("says that a port is taken", async () => {
    const first = await envs.listen(tcpTransport());
    const again = envs.start(tcpTransport(), { listen: first.address ?? LOOPBACK });
    await expect(again).rejects.toMatchObject({
      code: "bad-address",
      message: expect.stringContaining("another process"),
    });
  });

  it("removes an endpoint whose onStart fails, and rejects what waited for it", async () => {
    const env = await envs.start(tcpTransport());
    const errors: string[] = [];
    const ref = env.register("broken", echoProtocol, {
      onStart: () => Promise.reject(new Error("no disk")),
      receive: () => expect.unreachable(),
      onError: (error) => errors.push(error.message),
    });
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({
      code: expect.stringMatching(/stopped|no-such-endpoint/),
    });
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({
      code: "no-such-endpoint",
    });
    expect(errors).toEqual(["no disk"]);
  });

  it("reports a name that does not resolve as unreachable", async () => {
    const env = await envs.start(tcpTransport());
    const ref = env.ref("aloha://echo@no-such-host.invalid:1", echoProtocol);
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({
      code: "unreachable",
    });
  });
});
