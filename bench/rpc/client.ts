/**
 * Calls and messages a second between two processes over loopback. `node client.js [seconds] [runs]`
 * prints the median of the runs, with the same traffic as bare bytes through sockets for comparison.
 */
import { fork } from "node:child_process";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { silentLogger } from "@aloha/runtime";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { RpcEnv, tcpTransport } from "@aloha/rpc";
import type { RpcRef } from "@aloha/rpc";
import { benchProtocol } from "./protocol.ts";
import type { BenchProtocol } from "./protocol.ts";

type Bench = RpcRef<BenchProtocol>;

/** Bytes of one question and of one report on the wire, for the bare comparison. */
const QUESTION_BYTES = 64;
const REPORT_BYTES = 84;
const APP_ID = "app-20260101000000-000042";

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 3);
  const runs = Number(process.argv[3] ?? 5);
  const only = process.argv[4];
  const child = fork(fileURLToPath(new URL("./server.js", import.meta.url)), {
    execArgv: childArguments(),
  });
  const { url, echoPort } = await new Promise<{ url: string; echoPort: number }>((resolve) =>
    child.once("message", (message: { url: string; echoPort: number }) => resolve(message)),
  );
  const runtime = {
    clock: systemClock(),
    timers: systemTimers,
    random: systemRandom,
    logger: silentLogger,
  };
  const env = await RpcEnv.start({ name: "bench-client", runtime, transport: tcpTransport() });
  const ref = await env.lookup(url, benchProtocol);
  const measurements: readonly (readonly [string, () => Promise<number>])[] = [
    ["ask@1", () => askRate(ref, 1, seconds)],
    ["ask@16", () => askRate(ref, 16, seconds)],
    ["ask@256", () => askRate(ref, 256, seconds)],
    ["send", () => sendRate(ref, seconds)],
    ["bare@1", () => bareRate(echoPort, 1, QUESTION_BYTES, seconds)],
    ["bare@16", () => bareRate(echoPort, 16, QUESTION_BYTES, seconds)],
    ["bare@256", () => bareRate(echoPort, 256, QUESTION_BYTES, seconds)],
    ["bare-stream", () => bareRate(echoPort, 4096, REPORT_BYTES, seconds)],
  ];
  for (const [name, measure] of measurements) {
    if (only !== undefined && !name.startsWith(only)) continue;
    await measure();
    const rates: number[] = [];
    for (let run = 0; run < runs; run++) rates.push(await measure());
    rates.sort((left, right) => left - right);
    const median = rates[Math.floor(rates.length / 2)] ?? 0;
    const all = rates.map((rate) => Math.round(rate)).join(" ");
    process.stdout.write(
      `${name.padEnd(12)} ${String(Math.round(median)).padStart(9)}/s   (${all})\n`,
    );
  }
  await env.stop();
  child.disconnect();
}

/** Asks with `outstanding` under way at any time. */
async function askRate(ref: Bench, outstanding: number, seconds: number): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let count = 0;
  const asker = async (): Promise<void> => {
    while (performance.now() < end) {
      const answer = await ref.ask({ kind: "question", seq: count++, appId: APP_ID });
      if (answer.state !== "RUNNING") throw new Error("a wrong answer");
    }
  };
  await Promise.all(Array.from({ length: outstanding }, asker));
  return (count * 1000) / (performance.now() - start);
}

/** Sends in bursts, paced by an ask behind each, so that nothing is lost; counts what arrived. */
async function sendRate(ref: Bench, seconds: number): Promise<number> {
  const burst = 2000;
  const before = (await ref.ask({ kind: "count" })).reports;
  const start = performance.now();
  const end = start + seconds * 1000;
  let seq = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() < end) {
      for (let index = 0; index < burst; index++)
        ref.send({ kind: "report", seq: seq++, appId: APP_ID, state: "RUNNING" });
      await ref.ask({ kind: "count" });
    }
  };
  await Promise.all([sender(), sender(), sender()]);
  const arrived = (await ref.ask({ kind: "count" })).reports - before;
  if (arrived !== seq) throw new Error(`${seq - arrived} reports were lost`);
  return (arrived * 1000) / (performance.now() - start);
}

/** The same bytes through an echoing socket, without codec and dispatch: what the sockets alone can do. */
async function bareRate(
  port: number,
  outstanding: number,
  bytes: number,
  seconds: number,
): Promise<number> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  const frame = Buffer.alloc(bytes, 1);
  const start = performance.now();
  const end = start + seconds * 1000;
  let received = 0;
  await new Promise<void>((resolve) => {
    let pendingBytes = 0;
    socket.on("data", (chunk) => {
      pendingBytes += chunk.length;
      const frames = Math.floor(pendingBytes / bytes);
      pendingBytes -= frames * bytes;
      received += frames;
      if (performance.now() >= end) return resolve();
      socket.write(Buffer.concat(Array.from({ length: frames }, () => frame)));
    });
    socket.write(Buffer.concat(Array.from({ length: outstanding }, () => frame)));
  });
  socket.on("data", () => undefined);
  await new Promise((resolve) => socket.end(() => resolve(undefined)));
  return (received * 1000) / (performance.now() - start);
}

function childArguments(): string[] {
  const profile = process.env["BENCH_SERVER_PROFILE"];
  return profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
}

await main();
