import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { RpcEnv, RpcLimits } from "@aloha/rpc";
import { tcpTransport } from "@aloha/rpc";
import { Codec } from "../src/wire/codec.ts";
import { FRAME, HEADER_BYTES, writeHeader } from "../src/wire/frame.ts";
import { writeHello } from "../src/wire/hello.ts";
import { EchoEndpoint, echoProtocol, Envs, until } from "./harness.ts";

const envs = new Envs();
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await envs.stopAll();
});

function frame(type: number, body: Uint8Array, endpoint = 0, ask = 0): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  writeHeader(bytes, 0, body.length, type, endpoint, ask);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

const HELLO = frame(
  FRAME.hello,
  writeHello({ envId: "0123", envName: "hostile", address: undefined, security: "" }),
);
const codec = new Codec((url) => url);
const EMPTY = Buffer.alloc(0);

async function victim(limits: Partial<RpcLimits> = {}): Promise<RpcEnv> {
  const env = await envs.listen(tcpTransport(), { limits });
  env.register("echo", echoProtocol, new EchoEndpoint());
  return env;
}

/** Connects, says `bytes`, and gives what came back when the victim has closed. */
async function answerTo(env: RpcEnv, ...bytes: readonly Uint8Array[]): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: env.address?.port ?? 0 });
  sockets.push(socket);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  for (const part of bytes) socket.write(part);
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}

async function expectAlive(env: RpcEnv): Promise<void> {
  const client = await envs.start(tcpTransport());
  const ref = await client.lookup(`aloha://echo@127.0.0.1:${env.address?.port}`, echoProtocol);
  expect(await ref.ask({ kind: "echo", text: "alive" })).toEqual({ text: "alive" });
}

describe("a peer that breaks the protocol is disconnected and harms nobody else", () => {
  it.each([
    ["speaks HTTP", [Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n")]],
    ["claims a length of 0", [Buffer.alloc(4)]],
    ["claims a length of -1", [Buffer.alloc(4, 0xff)]],
    ["claims a length of 2^31", [Buffer.from([0x80, 0, 0, 0])]],
    ["claims a hello above 4 KiB", [Buffer.from([0, 0, 0x10, 1])]],
    ["sends a message before its hello", [frame(FRAME.send, EMPTY)]],
    ["sends proofs where none are wanted", [HELLO, frame(FRAME.auth, EMPTY)]],
    ["claims a frame above 1 MiB after its hello", [HELLO, Buffer.from([0, 0x10, 0, 1])]],
    ["uses a number it never bound", [HELLO, frame(FRAME.send, Buffer.from([0x80]), 7)]],
    ["binds numbers out of order", [HELLO, frame(FRAME.bind, Buffer.from("echo"), 1)]],
    [
      "numbers an ask 0",
      [HELLO, frame(FRAME.bind, Buffer.from("echo")), frame(FRAME.ask, Buffer.from([0x80]), 0, 0)],
    ],
    ["sends an unknown type of frame", [HELLO, frame(99, EMPTY)]],
    ["says hello twice", [HELLO, HELLO]],
  ])("when it %s", async (_what, bytes) => {
    const env = await victim();
    await answerTo(env, ...bytes);
    await until(() => env.stats().connections === 0);
    await expectAlive(env);
  });

  it("when it binds more names than allowed", async () => {
    const env = await victim({ namesPerConnectionMax: 3 });
    const binds = [0, 1, 2, 3].map((number) =>
      frame(FRAME.bind, Buffer.from(`n${number}`), number),
    );
    await answerTo(env, HELLO, ...binds);
    await until(() => env.stats().connections === 0);
  });

  it("when it asks and asks and never reads an answer", async () => {
    const env = await victim({ outboxBytesMax: 10_000 });
    const socket = connect({ host: "127.0.0.1", port: env.address?.port ?? 0 });
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.write(Buffer.concat([HELLO, frame(FRAME.bind, Buffer.from("echo"))]));
    const body = codec.encode({ kind: "echo", text: "x".repeat(10_000) });
    const ask = frame(FRAME.ask, body, 0, 1);
    while (!socket.destroyed) {
      if (socket.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
      else socket.write(ask);
    }
    await until(() => env.stats().connections === 0);
    await expectAlive(env);
  });

  it("when it does not finish its hello in time", async () => {
    const env = await victim({ helloTimeoutMs: 30 });
    await answerTo(env, HELLO.subarray(0, HELLO.length - 1));
    await until(() => env.stats().connections === 0);
  });

  it("and is told when it speaks another version or is no RPC at all", async () => {
    const env = await victim();
    const body = Buffer.from(HELLO.subarray(HEADER_BYTES));
    body[4] = 9;
    expect(await answerTo(env, frame(FRAME.hello, body))).toContain("speaks version 9");
    expect(await answerTo(env, frame(FRAME.hello, Buffer.from("hello")))).toContain(
      "does not speak Aloha's RPC",
    );
    expect(await answerTo(env, frame(FRAME.hello, body.subarray(0, 4)))).toContain(
      "version undefined",
    );
  });

  it("but a message that cannot be read costs it only that message", async () => {
    const env = await victim();
    const socket = connect({ host: "127.0.0.1", port: env.address?.port ?? 0 });
    sockets.push(socket);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    const poison = Buffer.from([0xd4, 0x72, 0x40]);
    socket.write(
      Buffer.concat([
        HELLO,
        frame(FRAME.bind, Buffer.from("echo")),
        frame(FRAME.ask, poison, 0, 1),
      ]),
    );
    await until(() => answer.includes("bad-message"));
    expect(env.stats().connections).toBe(1);
  });
});

describe("too many connections", () => {
  it("are refused at the limit, and accepted again below it", async () => {
    const env = await victim({ connectionsMax: 2 });
    const held = [1, 2].map(() => connect({ host: "127.0.0.1", port: env.address?.port ?? 0 }));
    sockets.push(...held);
    await until(() => env.stats().connections === 2);
    expect(await answerTo(env, HELLO)).toBe("");
    for (const socket of held) socket.destroy();
    await until(() => env.stats().connections === 0);
    await expectAlive(env);
  });
});
