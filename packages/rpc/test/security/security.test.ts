import { createHmac, timingSafeEqual } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { memoryNetwork, tcpTransport } from "@aloha/rpc";
import type { Channel, ChannelSink, RpcSecurity, Transport } from "@aloha/rpc";
import { EchoEndpoint, echoProtocol, Envs, until } from "../harness.ts";

const envs = new Envs();
afterEach(() => envs.stopAll());

function mac(secret: string, ...parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hmac = createHmac("sha256", secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest().subarray(0, 16);
}

/** The simplest security that uses every part of the seam: both prove a secret over both hellos, then each frame is counted and tagged. */
function secretSecurity(secret: string): RpcSecurity {
  return {
    name: "secret",
    begin({ role, localHello, peerHello }) {
      const other = role === "dialer" ? "acceptor" : "dialer";
      const hellos = role === "dialer" ? [localHello, peerHello] : [peerHello, localHello];
      let sent = 0;
      let received = 0;
      return {
        start: () => ({ kind: "continue", payload: mac(secret, role, ...hellos) }),
        receive(payload) {
          const expected = mac(secret, other, ...hellos);
          if (payload.length !== expected.length || !timingSafeEqual(payload, expected)) {
            return { kind: "rejected", message: "the secrets differ" };
          }
          return {
            kind: "established",
            identity: "knows the secret",
            protection: {
              tagBytes: 16,
              tag: (frame) => mac(secret, role, String(sent++), frame),
              verify: (frame, tag) =>
                timingSafeEqual(mac(secret, other, String(received++), frame), tag),
            },
          };
        },
      };
    },
  };
}

/** Flips one bit in the `nth` write of every channel that is dialled. */
function tampering(transport: Transport, nth: number): Transport {
  return {
    ...transport,
    async dial(options) {
      const channel: Channel = await transport.dial(options);
      let writes = 0;
      return {
        remote: channel.remote,
        identity: channel.identity,
        attach: (sink: ChannelSink) => channel.attach(sink),
        end: () => channel.end(),
        destroy: () => channel.destroy(),
        write(bytes, sent) {
          const copy = Buffer.from(bytes);
          if (++writes === nth) copy[copy.length - 20]! ^= 1;
          channel.write(copy, sent);
        },
      };
    },
  };
}

describe("a security", () => {
  it("lets those in who prove themselves, says who they are, and protects every frame", async () => {
    const network = memoryNetwork();
    const identities: (string | undefined)[] = [];
    const server = await envs.listen(network.transport(), { security: secretSecurity("s3") });
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, {
      receive(message, context) {
        identities.push(context.connection.identity);
        return endpoint.receive(message, context);
      },
    });
    const client = await envs.start(network.transport(), { security: secretSecurity("s3") });
    const ref = client.ref(own.url, echoProtocol);
    for (let index = 0; index < 500; index++) ref.send({ kind: "note", text: "x".repeat(index) });
    const heartbeat = ref.ask({ kind: "echo", text: "overtakes" }, { priority: "control" });
    expect(await Promise.all([ref.ask({ kind: "echo", text: "end" }), heartbeat])).toHaveLength(2);
    expect(endpoint.notes).toHaveLength(500);
    expect(new Set(identities)).toEqual(new Set(["knows the secret"]));
  });

  it.each([
    ["another secret", secretSecurity("other"), "secrets differ"],
    ["no security", undefined, "secures its connections with"],
    [
      "another security",
      { ...secretSecurity("s3"), name: "other" },
      "secures its connections with",
    ],
  ])("keeps out a peer with %s, and tells it why", async (_what, security, message) => {
    const server = await envs.listen(tcpTransport(), { security: secretSecurity("s3") });
    const endpoint = new EchoEndpoint();
    const own = server.register("echo", echoProtocol, endpoint);
    const client = await envs.start(tcpTransport(), security === undefined ? {} : { security });
    const ref = client.ref(own.url, echoProtocol);
    ref.send({ kind: "note", text: "let me in" });
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining(message),
    });
    await until(() => server.stats().connections === 0);
    expect(endpoint.notes).toEqual([]);
  });

  it.each([3, 4])(
    "ends the connection at a frame that was changed on the way (write %i)",
    async (nth) => {
      const server = await envs.listen(tcpTransport(), { security: secretSecurity("s3") });
      const endpoint = new EchoEndpoint();
      const own = server.register("echo", echoProtocol, endpoint);
      const client = await envs.start(tampering(tcpTransport(), nth), {
        security: secretSecurity("s3"),
      });
      const ref = client.ref(own.url, echoProtocol);
      ref.send({ kind: "note", text: "x".repeat(100) });
      await expect(ref.ask({ kind: "echo", text: "x".repeat(100) })).rejects.toMatchObject({
        code: "disconnected",
      });
    },
  );
});
