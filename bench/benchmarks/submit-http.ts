import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applicationsPath } from "../cluster/applications-path.ts";
import { BenchCluster } from "../cluster/bench-cluster.ts";
import { submitMany, type SubmitTimes } from "../cluster/submit-many.ts";
import type { Benchmark, Measurement } from "../harness/benchmark.ts";
import { MeasuredProcess } from "../harness/child-process.ts";
import { percentile } from "../harness/median.ts";

const CONNECTIONS = 50;
const SUBMISSIONS = 5_000;
/** Until then V8 still compiles what a submit runs through, in the master as in the bare server. */
const WARM_UP_SUBMISSIONS = 5_000;
const P99_BAR_MS = 30;
const START_TIMEOUT_MS = 10_000;

/** The better end of the range in which the original's median was seen, in milliseconds. */
const PEER_P50_MS = 44;

const body = (index: number): unknown => ({
  name: `bench-${index}`,
  entryPoint: "shell",
  args: ["/bin/true"],
});

/** Durable submissions: each answer means that the application survives a kill of the master. */
export const submitHttpBenchmark: Benchmark = {
  name: "submit-http",
  description:
    "p99 of a durable submit at 50 connections; limit: node:http and one shared fdatasync",
  runsDefault: 5,
  async run({ runs, freshDirectory, progress }) {
    const ours: SubmitTimes[] = [];
    const bare: SubmitTimes[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      bare.push(await bareTimes(await freshDirectory()));
      ours.push(await masterTimes(await freshDirectory()));
    }
    const latency = (label: string, share: number): Measurement => ({
      label,
      values: ours.map(({ latenciesMs }) => percentile(latenciesMs, share)),
      limits: bare.map(({ latenciesMs }) => percentile(latenciesMs, share)),
      unit: "ms",
      better: "lower",
    });
    return [
      { ...latency("", 0.99), bar: P99_BAR_MS },
      { ...latency("p50", 0.5), peer: PEER_P50_MS },
      {
        label: "rate",
        values: ours.map(({ rate }) => rate),
        limits: bare.map(({ rate }) => rate),
        unit: "submits/s",
        better: "higher",
      },
    ];
  },
};

/** A master without a worker, so that nothing else goes on. */
async function masterTimes(directory: string): Promise<SubmitTimes> {
  await using cluster = await BenchCluster.start({ directory });
  return await times(`${cluster.url}${applicationsPath}`);
}

async function bareTimes(directory: string): Promise<SubmitTimes> {
  await using server = new MeasuredProcess(process.execPath, [
    fileURLToPath(new URL("../limits/durable-server.js", import.meta.url)),
    join(directory, "bodies"),
  ]);
  const [, url = ""] = await server.outputMatching(/^ready (\S+)$/m, START_TIMEOUT_MS);
  return await times(url);
}

async function times(url: string): Promise<SubmitTimes> {
  await submitMany({ url, count: WARM_UP_SUBMISSIONS, connections: CONNECTIONS, body });
  return await submitMany({ url, count: SUBMISSIONS, connections: CONNECTIONS, body });
}
