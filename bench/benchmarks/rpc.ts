import { fileURLToPath } from "node:url";
import { silentLogger } from "@aloha/runtime";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { RpcEnv, tcpTransport, type RpcRef } from "@aloha/rpc";
import type { Benchmark } from "../harness/benchmark.ts";
import { MeasuredProcess } from "../harness/child-process.ts";
import { bareAskRate, bareSendRate } from "../rpc/bare-load.ts";
import { askRate, sendRate } from "../rpc/load.ts";
import { benchProtocol, type BenchProtocol } from "../rpc/protocol.ts";

const RUN_MS = 2_000;
const START_TIMEOUT_MS = 10_000;

/** The process that answers: its endpoint, and the port where it takes bare frames. */
interface Server {
  readonly ref: RpcRef<BenchProtocol>;
  readonly barePort: number;
}

/** Calls between two processes over loopback, beside bare frames of the same sizes between the same two processes. */
export const rpcBenchmarks: readonly Benchmark[] = [
  asks(1, {}),
  asks(16, {}),
  asks(256, { peer: 20_000, bar: 80_000 }),
  rpcBenchmark({
    name: "rpc-one-way",
    description: "one-way messages a second that arrive; limit: bare frames of the same size",
    unit: "messages/s",
    peer: 84_000,
    bar: 280_000,
    measure: ({ ref }) => sendRate(ref, RUN_MS),
    measureBare: ({ barePort }) => bareSendRate(barePort, RUN_MS),
  }),
];

function asks(
  outstanding: number,
  known: { readonly peer?: number; readonly bar?: number },
): Benchmark {
  return rpcBenchmark({
    name: `rpc-ask-${outstanding}`,
    description: `asks a second, ${outstanding} under way at a time; limit: bare frames of the same size`,
    unit: "asks/s",
    ...known,
    measure: ({ ref }) => askRate(ref, outstanding, RUN_MS),
    measureBare: ({ barePort }) => bareAskRate(barePort, outstanding, RUN_MS),
  });
}

interface RpcMeasure {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly peer?: number;
  readonly bar?: number;
  readonly measure: (server: Server) => Promise<number>;
  readonly measureBare: (server: Server) => Promise<number>;
}

function rpcBenchmark(options: RpcMeasure): Benchmark {
  const { name, description, measure, measureBare, ...shown } = options;
  return {
    name,
    description,
    runsDefault: 5,
    async run({ runs, progress }) {
      await using started = await startServer();
      await using env = await startClient();
      const ref = await env.lookup(started.url, benchProtocol);
      const server = { ref, barePort: started.barePort };
      await measure(server);
      await measureBare(server);
      const values: number[] = [];
      const limits: number[] = [];
      for (let run = 1; run <= runs; run++) {
        progress(`run ${run} of ${runs}`);
        limits.push(await measureBare(server));
        values.push(await measure(server));
      }
      return [{ label: "", values, limits, better: "higher", ...shown }];
    },
  };
}

async function startServer(): Promise<
  AsyncDisposable & { readonly url: string; readonly barePort: number }
> {
  const path = fileURLToPath(new URL("../rpc/server.js", import.meta.url));
  const child = new MeasuredProcess(process.execPath, [path]);
  try {
    const ready = await child.outputMatching(/^ready (\S+) (\d+)$/m, START_TIMEOUT_MS);
    const [, url = "", barePort = ""] = ready;
    return {
      url,
      barePort: Number(barePort),
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

function startClient(): Promise<RpcEnv> {
  return RpcEnv.start({
    name: "bench-client",
    runtime: {
      clock: systemClock(),
      timers: systemTimers,
      random: systemRandom,
      logger: silentLogger,
    },
    transport: tcpTransport(),
  });
}
