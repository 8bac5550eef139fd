import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { memoryNetwork, sharedSecret, tcpTransport } from "@aloha/rpc";
import type { RpcSecurity, SecuritySession, SecurityStep } from "@aloha/rpc";
import { EchoEndpoint, echoProtocol, Envs, until } from "../harness.ts";

const envs = new Envs();
afterEach(() => envs.stopAll());

const secret = randomBytes(32);
const hellos = {
  dialer: Buffer.from("hello of the dialer"),
  acceptor: Buffer.from("of the other"),
};

function begin(security: RpcSecurity, role: "dialer" | "acceptor"): SecuritySession {
  const peer = role === "dialer" ? "acceptor" : "dialer";
  return security.begin({ role, localHello: hellos[role], peerHello: hellos[peer] });
}

function payloadOf(step: SecurityStep): Uint8Array {
  if (step.kind === "rejected" || step.payload === undefined) throw new Error(step.kind);
  return step.payload;
}

/** Both sides up to the end of the proof. */
function prove(): { readonly dialer: SecurityStep; readonly acceptor: SecurityStep } {
  const [dialer, acceptor] = [
    begin(sharedSecret(secret), "dialer"),
    begin(sharedSecret(secret), "acceptor"),
  ];
  const [nonceOfDialer, nonceOfAcceptor] = [dialer.start(), acceptor.start()].map(payloadOf);
  acceptor.receive(nonceOfDialer!);
  const proof = payloadOf(dialer.receive(nonceOfAcceptor!));
  const accepted = acceptor.receive(proof);
  return { dialer: dialer.receive(payloadOf(accepted)), acceptor: accepted };
}

function protectionOf(step: SecurityStep) {
  if (step.kind !== "established" || step.protection === undefined) throw new Error(step.kind);
  return step.protection;
}

describe("between two environments", () => {
  it("lets in who has the secret, and carries what they say", async () => {
    const network = memoryNetwork();
    const server = await envs.listen(network.transport(), { security: sharedSecret(secret) });
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const client = await envs.start(network.transport(), { security: sharedSecret(secret) });
    const ref = client.ref(own.url, echoProtocol);
    for (let index = 0; index < 200; index++) ref.send({ kind: "note", text: "x".repeat(index) });
    expect(await ref.ask({ kind: "echo", text: "hi" })).toEqual({ text: "hi" });
    expect(endpoint.notes).toHaveLength(200);
  });

  it.each([
    ["another secret", sharedSecret(randomBytes(32)), "do not have the same secret"],
    ["none", undefined, "secures its connections with"],
  ])("keeps out who has %s, and tells both sides why", async (_what, security, message) => {
    const server = await envs.listen(tcpTransport(), { security: sharedSecret(secret) });
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const client = await envs.start(tcpTransport(), security === undefined ? {} : { security });
    await expect(
      client.ref(own.url, echoProtocol).ask({ kind: "echo", text: "" }),
    ).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining(message),
    });
    await until(() => server.stats().connections === 0);
  });
});

describe("the proof", () => {
  it("is other for every connection, so that a recorded one opens none", () => {
    const recorded = begin(sharedSecret(secret), "dialer");
    const nonce = payloadOf(recorded.start());
    const first = begin(sharedSecret(secret), "acceptor");
    const proof = payloadOf(recorded.receive(payloadOf(first.start())));
    first.receive(nonce);
    expect(first.receive(proof).kind).toBe("established");

    const second = begin(sharedSecret(secret), "acceptor");
    second.start();
    second.receive(nonce);
    expect(second.receive(proof)).toMatchObject({ kind: "rejected" });
  });

  it("covers the hellos, so that nobody in between changes who speaks", () => {
    const dialer = begin(sharedSecret(secret), "dialer");
    const acceptor = sharedSecret(secret).begin({
      role: "acceptor",
      localHello: hellos.acceptor,
      peerHello: Buffer.from("hello of the dialor"),
    });
    const nonce = payloadOf(dialer.start());
    const proof = payloadOf(dialer.receive(payloadOf(acceptor.start())));
    acceptor.receive(nonce);
    expect(acceptor.receive(proof)).toMatchObject({ kind: "rejected" });
  });

  it("cannot be given back to whoever gave it", () => {
    const dialer = begin(sharedSecret(secret), "dialer");
    const nonce = payloadOf(dialer.start());
    const proof = payloadOf(dialer.receive(nonce));
    expect(dialer.receive(proof)).toMatchObject({ kind: "rejected" });
  });

  it("comes from the side that connects first: a stranger is told nothing", () => {
    const acceptor = begin(sharedSecret(secret), "acceptor");
    acceptor.start();
    expect(acceptor.receive(randomBytes(32))).toEqual({ kind: "continue" });
    expect(acceptor.receive(randomBytes(32))).toEqual({
      kind: "rejected",
      message: "the two sides do not have the same secret",
    });
  });

  it("refuses what has not its size", () => {
    for (const length of [0, 1, 31, 33, 4096]) {
      const session = begin(sharedSecret(secret), "acceptor");
      session.start();
      expect(session.receive(randomBytes(length)).kind).toBe("rejected");
    }
    expect(() => sharedSecret(randomBytes(31))).toThrow("at least 32 bytes");
  });
});

describe("a frame", () => {
  const frame = Buffer.from("a frame of some kind");

  it("is known by its tag in its place, in its direction and on its connection alone", () => {
    const { dialer, acceptor } = prove();
    const [sender, receiver] = [protectionOf(dialer), protectionOf(acceptor)];
    const tags = [sender.tag(frame), sender.tag(frame), sender.tag(frame)];
    expect(new Set(tags.map((tag) => Buffer.from(tag).toString("hex"))).size).toBe(3);
    expect(receiver.verify(frame, tags[0]!)).toBe(true);
    expect(receiver.verify(frame, tags[2]!)).toBe(false);
    expect(receiver.verify(frame, tags[2]!)).toBe(true);
    expect(sender.verify(frame, sender.tag(frame))).toBe(false);
    expect(protectionOf(prove().acceptor).verify(frame, tags[0]!)).toBe(false);
  });

  it("that was changed is not taken", () => {
    const { dialer, acceptor } = prove();
    const tag = protectionOf(dialer).tag(frame);
    const changed = Buffer.from(frame);
    changed[3]! ^= 1;
    expect(protectionOf(acceptor).verify(changed, tag)).toBe(false);
    expect(protectionOf(prove().acceptor).verify(frame, tag.subarray(1))).toBe(false);
  });
});
