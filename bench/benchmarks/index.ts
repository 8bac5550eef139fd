import type { Benchmark } from "../harness/benchmark.ts";
import { appendLogBenchmark } from "./append-log.ts";
import { rpcBenchmarks } from "./rpc.ts";
import { stepWaitingBenchmarks } from "./step-waiting.ts";

/** Every benchmark, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  appendLogBenchmark,
  ...rpcBenchmarks,
  ...stepWaitingBenchmarks,
];
