import { fileURLToPath } from "node:url";
import type { Benchmark } from "../harness/benchmark.ts";
import { MeasuredProcess } from "../harness/child-process.ts";
import { median } from "../harness/median.ts";

const FEWEST = 1_000;
const TIMEOUT_MS = 300_000;

/** A million applications take about a gigabyte; the heap must not collect all the time for want of room. */
const HEAP_MEGABYTES = 4096;

/** How much dearer the step with a million waiting may be than the one with a thousand. */
const BAR_TIMES = 2;

/** What one decision of the master costs with N applications waiting; the same with a thousand is the limit of the others. */
export const stepWaitingBenchmarks: readonly Benchmark[] = [
  stepWaiting("1k", FEWEST),
  stepWaiting("10k", 10_000),
  stepWaiting("100k", 100_000),
  stepWaiting("1m", 1_000_000, BAR_TIMES),
];

function stepWaiting(label: string, waiting: number, barTimes?: number): Benchmark {
  const isFewest = waiting === FEWEST;
  return {
    name: `step-waiting-${label}`,
    description: `an end recorded and the next launch out, ${label} waiting${isFewest ? "" : "; limit: 1k waiting"}`,
    runsDefault: 5,
    async run({ runs, progress }) {
      const values: number[] = [];
      const limits: number[] = [];
      for (let run = 1; run <= runs; run++) {
        progress(`run ${run} of ${runs}`);
        if (!isFewest) limits.push(await stepUs(FEWEST));
        values.push(await stepUs(waiting));
      }
      return [
        {
          label: "",
          values,
          unit: "us",
          better: "lower",
          ...(isFewest ? {} : { limits }),
          ...(barTimes === undefined ? {} : { bar: barTimes * median(limits) }),
        },
      ];
    },
  };
}

async function stepUs(waiting: number): Promise<number> {
  await using measuring = new MeasuredProcess(process.execPath, [
    `--max-old-space-size=${HEAP_MEGABYTES}`,
    fileURLToPath(new URL("../step/measure-step.js", import.meta.url)),
    String(waiting),
  ]);
  const [text] = await measuring.outputMatching(/^[\d.]+$/m, TIMEOUT_MS);
  return Number(text);
}
