import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { OverviewView } from "@aloha/api";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

/** What is tried before a connection has said who it is ends within this (the limit is 5 s). */
const endedWithinMs = 8000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

const zeros = (length: number): Buffer => Buffer.alloc(length);
const length32 = (length: number): Buffer => {
  const bytes = zeros(4);
  bytes.writeUInt32BE(length);
  return bytes;
};
const garbage = Buffer.from(
  Array.from({ length: 65_536 }, (_, index) => (index * 7919 + (index >> 3)) & 0xff),
);

const attacks: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["a frame of length 0", Buffer.concat([length32(0), zeros(64)])],
  ["a frame of length -1", Buffer.concat([length32(0xffff_ffff), zeros(64)])],
  ["a frame of 2^31 bytes", Buffer.concat([length32(0x8000_0000), zeros(64)])],
  ["a length of 2^62", Buffer.concat([Buffer.from("4000000000000000", "hex"), zeros(64)])],
  ["a hello of 1 MiB", Buffer.concat([length32(1_048_576), zeros(1_048_576)])],
  ["garbage", garbage],
  [
    "an HTTP request",
    Buffer.from("POST /v1/submissions/create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"),
  ],
  ["a TLS hello", Buffer.from(`16030100c8010000c40303${"00".repeat(196)}`, "hex")],
];

it.for(attacks)(
  "ends a connection that sends %s to the port for workers, and serves the others",
  async ([, bytes]) => {
    const memoryBefore = residentBytes(cluster.master.pid);
    const attack = open(cluster.rpcPort);
    attack.socket.write(bytes);
    const endedMs = await attack.ended;
    expect(endedMs).toBeLessThan(endedWithinMs);
    await expectUndisturbed();
    expect(residentBytes(cluster.master.pid) - memoryBefore).toBeLessThan(64 * 1024 * 1024);
  },
);

it("ends connections that say nothing, or a byte at a time, while it serves the others", async () => {
  const silent = Array.from({ length: 50 }, () => open(cluster.rpcPort));
  const slow = open(cluster.rpcPort);
  slow.socket.write(length32(64));
  const drip = setInterval(() => slow.socket.write(zeros(1)), 1000);
  try {
    await expectUndisturbed();
    for (const { ended } of [...silent, slow]) expect(await ended).toBeLessThan(endedWithinMs);
  } finally {
    clearInterval(drip);
  }
  await expectUndisturbed();
});

it("does not let a client of the HTTP port that sends a byte at a time disturb others", async () => {
  const slow = open(cluster.restPort);
  slow.socket.write(
    "POST /api/v1/applications HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{",
  );
  const drip = setInterval(() => slow.socket.write(" "), 500);
  try {
    await expectUndisturbed();
  } finally {
    clearInterval(drip);
    slow.socket.destroy();
  }
});

it("answers bytes on the HTTP port that are no HTTP with 400, and ends the connection", async () => {
  const attack = open(cluster.restPort);
  attack.socket.write(garbage.subarray(0, 4096));
  expect(await attack.ended).toBeLessThan(2000);
  expect(attack.received()).toMatch(/^HTTP\/1.1 400/);
  await expectUndisturbed();
});

it("takes the same attacks on the port of a worker", async () => {
  const { workers } = (await cluster.get("/api/v1/workers")).json<{
    readonly workers: readonly { readonly port: number }[];
  }>();
  const port = workers[0]?.port ?? 0;
  const opened = attacks.map(([, bytes]) => {
    const attack = open(port);
    attack.socket.write(bytes);
    return attack;
  });
  for (const { ended } of opened) expect(await ended).toBeLessThan(endedWithinMs);
  expect(cluster.worker.isRunning).toBe(true);
  await expectUndisturbed();
});

/** The same master, the same worker, and an application that runs from beginning to end. */
async function expectUndisturbed(): Promise<void> {
  expect(cluster.master.isRunning).toBe(true);
  const id = await cluster.submit({ args: "echo undisturbed" });
  await cluster.untilState(id, "FINISHED", 5000);
  expect((await cluster.get(`/api/v1/applications/${id}/attempts/1/logs/stdout`)).text).toBe(
    "undisturbed\n",
  );
  const overview = (await cluster.get("/api/v1/overview")).json<OverviewView>();
  expect(overview).toMatchObject({ state: "ALIVE", epoch: 1, workers: { ALIVE: 1 } });
}

interface Attack {
  readonly socket: Socket;
  /** Milliseconds until the other side ended the connection. */
  readonly ended: Promise<number>;
  received(): string;
}

function open(port: number): Attack {
  const startedMs = performance.now();
  const socket = connect({ host: "127.0.0.1", port });
  let received = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
  });
  // A reset is as good an end as any.
  socket.on("error", () => {});
  let endedMs: number | undefined;
  const onEnd = (): void => {
    endedMs ??= performance.now() - startedMs;
  };
  socket.once("end", onEnd).once("close", onEnd);
  return {
    socket,
    received: () => received,
    ended: eventually(() => endedMs, 2 * endedWithinMs, "the end of a connection"),
  };
}

function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}
