import { fileURLToPath } from "node:url";
import { silentLogger } from "@aloha/runtime";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { RpcEnv, tcpTransport } from "@aloha/rpc";
import type { Benchmark, Measurement } from "../harness/benchmark.ts";
import { MeasuredProcess } from "../harness/child-process.ts";
import { median } from "../harness/median.ts";
import { askRate, bareRate, sendRate } from "../rpc/load.ts";
import { benchProtocol } from "../rpc/protocol.ts";

const RUN_MS = 2_000;
const START_TIMEOUT_MS = 10_000;

/** What a question takes on the wire. */
const QUESTION_BYTES = 69;

/** Asks at a time, and how many a second must be reached. */
const ASK_LOADS: readonly { readonly outstanding: number; readonly limit?: number }[] = [
  { outstanding: 1 },
  { outstanding: 16 },
  { outstanding: 256, limit: 80_000 },
];
const SEND_LIMIT = 280_000;

/** Calls between two processes over loopback, beside the same bytes through bare sockets. */
export const rpcBenchmark: Benchmark = {
  name: "rpc",
  description: "asks and one-way messages a second between two processes over TCP",
  async run({ runs, progress }) {
    await using server = new MeasuredProcess(process.execPath, [
      fileURLToPath(new URL("../rpc/server.js", import.meta.url)),
    ]);
    const [, url = "", port = ""] = await server.outputMatching(
      /^ready (\S+) (\d+)$/m,
      START_TIMEOUT_MS,
    );
    await using env = await RpcEnv.start({
      name: "bench-client",
      runtime: {
        clock: systemClock(),
        timers: systemTimers,
        random: systemRandom,
        logger: silentLogger,
      },
      transport: tcpTransport(),
    });
    const ref = await env.lookup(url, benchProtocol);
    const measurements: Measurement[] = [];
    for (const { outstanding, limit } of ASK_LOADS) {
      progress(`${outstanding} asks at a time`);
      const bare = await repeated(runs, () =>
        bareRate(Number(port), outstanding, QUESTION_BYTES, RUN_MS),
      );
      measurements.push({
        label: `ask@${outstanding}`,
        values: await repeated(runs, () => askRate(ref, outstanding, RUN_MS)),
        unit: "asks/s",
        better: "higher",
        peer: { name: "the same bytes through bare sockets", value: median(bare) },
        ...(limit === undefined ? {} : { limit }),
      });
    }
    progress("one-way messages");
    const values = await repeated(runs, () => sendRate(ref, RUN_MS));
    measurements.push({
      label: "send",
      values,
      unit: "messages/s",
      better: "higher",
      limit: SEND_LIMIT,
    });
    return measurements;
  },
};

/** One run to warm up, then those that count. */
async function repeated(runs: number, measure: () => Promise<number>): Promise<readonly number[]> {
  await measure();
  const values: number[] = [];
  for (let run = 0; run < runs; run++) values.push(await measure());
  return values;
}
