import { applicationsPath } from "../cluster/applications-path.ts";
import { BenchCluster } from "../cluster/bench-cluster.ts";
import { submitBulk } from "../cluster/submit-bulk.ts";
import type { Benchmark } from "../harness/benchmark.ts";

const APPLICATIONS = 100_000;
/** Until then V8 still compiles what a line runs through. */
const WARM_UP_APPLICATIONS = 20_000;
const RATE_BAR = 20_000;

const body = (index: number): unknown => ({
  name: `bench-${index}`,
  entryPoint: "shell",
  args: ["/bin/true"],
});

/** Durable submissions by the stream: each result means that the application survives a kill of the master. */
export const submitBulkBenchmark: Benchmark = {
  name: "submit-bulk",
  description: "100,000 applications in one bulk request, each durable when its result comes",
  runsDefault: 3,
  async run({ runs, freshDirectory, progress }) {
    const rates: number[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      await using cluster = await BenchCluster.start({ directory: await freshDirectory() });
      const url = `${cluster.url}${applicationsPath}/bulk`;
      await submitBulk({ url, count: WARM_UP_APPLICATIONS, body });
      rates.push(await submitBulk({ url, count: APPLICATIONS, body }));
    }
    return [{ label: "", values: rates, unit: "applications/s", better: "higher", bar: RATE_BAR }];
  },
};
