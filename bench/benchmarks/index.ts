import type { Benchmark } from "../harness/benchmark.ts";
import { appendLogBenchmark } from "./append-log.ts";
import { rpcBenchmark } from "./rpc.ts";

/** Every benchmark, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [appendLogBenchmark, rpcBenchmark];
