import { fileURLToPath } from "node:url";
import { applicationsPath } from "../cluster/applications-path.ts";
import { BenchCluster } from "../cluster/bench-cluster.ts";
import { noneLive } from "../cluster/none-live.ts";
import { submitBulk } from "../cluster/submit-bulk.ts";
import type { Benchmark } from "../harness/benchmark.ts";
import { MeasuredProcess } from "../harness/child-process.ts";

const APPLICATIONS = 5_000;

/** How many the worker has room for at a time, and how many the limit keeps under way. */
const AT_ONCE = 32;
const TIMEOUT_MS = 600_000;

interface ApplicationsOptions {
  readonly name: string;
  readonly what: string;
  /** As the description says it: a list is an argv, a string a script. */
  readonly args: string | readonly string[];
  /** The same, for the limit. */
  readonly argv: readonly string[];
  /** `aloha.*` settings of the worker. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly peer?: number;
  readonly bar?: number;
}

/** Whole lives of applications, from the first submit to the last end, everything on disk. */
export const applicationsBenchmarks: readonly Benchmark[] = [
  applications({
    name: "argv-applications",
    what: "/bin/true",
    args: ["/bin/true"],
    argv: ["/bin/true"],
    peer: 74,
    bar: 700,
  }),
  applications({
    name: "argv-applications-node",
    what: "/bin/true, started from Node",
    args: ["/bin/true"],
    argv: ["/bin/true"],
    settings: { "aloha.supervisor.spawner": "node" },
    bar: 250,
  }),
  applications({
    name: "script-applications",
    what: "bash -c true",
    args: "true",
    argv: ["/bin/bash", "-c", "true"],
  }),
];

function applications(options: ApplicationsOptions): Benchmark {
  const { name, what, args, argv, settings = {}, ...known } = options;
  return {
    name,
    description: `5,000 x ${what} a second, end to end, submitted in bulk; limit: spawning them from Node`,
    runsDefault: 3,
    async run({ runs, freshDirectory, progress }) {
      const values: number[] = [];
      const limits: number[] = [];
      for (let run = 1; run <= runs; run++) {
        progress(`run ${run} of ${runs}`);
        limits.push(await spawnRate(await freshDirectory(), argv));
        values.push(await applicationRate(await freshDirectory(), args, settings));
      }
      return [{ label: "", values, limits, unit: "applications/s", better: "higher", ...known }];
    },
  };
}

async function applicationRate(
  directory: string,
  args: string | readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<number> {
  await using cluster = await BenchCluster.start({
    directory,
    worker: { cores: AT_ONCE, memory: `${AT_ONCE}g`, settings },
  });
  const startedMs = performance.now();
  await submitBulk({
    url: `${cluster.url}${applicationsPath}/bulk`,
    count: APPLICATIONS,
    body: (index) => ({ name: `bench-${index}`, entryPoint: "shell", args }),
  });
  await noneLive(cluster.client, TIMEOUT_MS);
  return (APPLICATIONS * 1000) / (performance.now() - startedMs);
}

async function spawnRate(directory: string, argv: readonly string[]): Promise<number> {
  await using spawning = new MeasuredProcess(process.execPath, [
    fileURLToPath(new URL("../limits/spawn-rate.js", import.meta.url)),
    ...[directory, String(APPLICATIONS), String(AT_ONCE), ...argv],
  ]);
  const [, rate] = await spawning.outputMatching(/^rate ([\d.]+)$/m, TIMEOUT_MS);
  return Number(rate);
}
