import { fileURLToPath } from "node:url";
import { applicationsPath } from "../cluster/applications-path.ts";
import { BenchCluster } from "../cluster/bench-cluster.ts";
import { noneLive } from "../cluster/none-live.ts";
import { submitBulk } from "../cluster/submit-bulk.ts";
import type { Benchmark } from "../harness/benchmark.ts";

const WARM_UP_APPLICATIONS = 5_000;
const APPLICATIONS = 25_000;
/** How many the worker has room for. */
const AT_ONCE = 500;
const TIMEOUT_MS = 600_000;
const RATE_BAR = 5_000;
const PEER_RATE = 101;

const libs = [fileURLToPath(new URL("../in-process", import.meta.url))];

const body = (index: number): unknown => ({
  name: `bench-${index}`,
  entryPoint: "quick#Quick",
  libs,
  memory: 1,
  isolation: "shared",
});

/** Whole lives of applications that are code and share hosts: submitted in bulk, everything on disk. */
export const inProcessApplicationsBenchmark: Benchmark = {
  name: "in-process-applications",
  description: "25,000 applications in shared hosts, end to end, 500 at a time, submitted in bulk",
  runsDefault: 3,
  async run({ runs, freshDirectory, progress }) {
    const rates: number[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      await using cluster = await BenchCluster.start({
        directory: await freshDirectory(),
        worker: { cores: AT_ONCE, memory: `${AT_ONCE}m` },
      });
      const url = `${cluster.url}${applicationsPath}/bulk`;
      await submitBulk({ url, count: WARM_UP_APPLICATIONS, body });
      await noneLive(cluster.client, TIMEOUT_MS);
      const startedMs = performance.now();
      await submitBulk({ url, count: APPLICATIONS, body });
      await noneLive(cluster.client, TIMEOUT_MS);
      rates.push((APPLICATIONS * 1000) / (performance.now() - startedMs));
    }
    return [
      {
        label: "",
        values: rates,
        unit: "applications/s",
        better: "higher",
        bar: RATE_BAR,
        peer: PEER_RATE,
      },
    ];
  },
};
