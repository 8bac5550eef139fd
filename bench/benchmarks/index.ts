import type { Benchmark } from "../harness/benchmark.ts";
import { appendLogBenchmark } from "./append-log.ts";
import { applicationsBenchmarks } from "./applications.ts";
import { inProcessApplicationsBenchmark } from "./in-process-applications.ts";
import { memoryIdleBenchmark, memoryWaitingBenchmark } from "./memory.ts";
import { rpcBenchmarks } from "./rpc.ts";
import { startupBenchmark } from "./startup.ts";
import { stepWaitingBenchmarks } from "./step-waiting.ts";
import { submitBulkBenchmark } from "./submit-bulk.ts";
import { submitHttpBenchmark } from "./submit-http.ts";

/** Every benchmark, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  ...applicationsBenchmarks,
  inProcessApplicationsBenchmark,
  submitHttpBenchmark,
  submitBulkBenchmark,
  ...rpcBenchmarks,
  ...stepWaitingBenchmarks,
  startupBenchmark,
  memoryIdleBenchmark,
  memoryWaitingBenchmark,
  appendLogBenchmark,
];
