import { applicationsPath } from "../cluster/applications-path.ts";
import { BenchCluster } from "../cluster/bench-cluster.ts";
import { submitMany } from "../cluster/submit-many.ts";
import type { Benchmark, Measurement } from "../harness/benchmark.ts";
import { residentBytes } from "../harness/resident-bytes.ts";

const BYTES_PER_MB = 1_000_000;
const IDLE_MS = 10_000;
const WAITING = 10_000;
const SUBMIT_CONNECTIONS = 50;

const MASTER_PEER_MB = 118;
const WORKER_PEER_MB = 121;
const MASTER_BAR_MB = 90;
const WORKER_AND_SUPERVISOR_BAR_MB = 120;

/** What a cluster that does nothing holds of the machine's memory. */
export const memoryIdleBenchmark: Benchmark = {
  name: "memory-idle",
  description: "resident memory of master, worker and supervisor after 10 s idle",
  runsDefault: 3,
  async run({ runs, freshDirectory, progress }) {
    const masters: number[] = [];
    const workers: number[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      await using cluster = await BenchCluster.start({
        directory: await freshDirectory(),
        worker: { cores: 2, memory: "2g" },
      });
      await pause(IDLE_MS);
      masters.push(residentMb(cluster.masterPid));
      workers.push(residentMb(cluster.workerPid) + residentMb(cluster.supervisorPid));
    }
    const sums = masters.map((master, run) => master + (workers[run] ?? 0));
    return [
      { ...megabytes("", sums), peer: MASTER_PEER_MB + WORKER_PEER_MB },
      { ...megabytes("master", masters), peer: MASTER_PEER_MB, bar: MASTER_BAR_MB },
      {
        ...megabytes("worker-and-supervisor", workers),
        peer: WORKER_PEER_MB,
        bar: WORKER_AND_SUPERVISOR_BAR_MB,
      },
    ];
  },
};

/** What a backlog costs. */
export const memoryWaitingBenchmark: Benchmark = {
  name: "memory-waiting-10k",
  description: "resident memory of a master with 10,000 applications waiting",
  runsDefault: 3,
  async run({ runs, freshDirectory, progress }) {
    const masters: number[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      await using cluster = await BenchCluster.start({ directory: await freshDirectory() });
      await submitMany({
        url: `${cluster.url}${applicationsPath}`,
        count: WAITING,
        connections: SUBMIT_CONNECTIONS,
        body: (index) => ({ name: `bench-${index}`, entryPoint: "shell", args: ["/bin/true"] }),
      });
      await pause(IDLE_MS);
      masters.push(residentMb(cluster.masterPid));
    }
    return [megabytes("", masters)];
  },
};

function megabytes(label: string, values: readonly number[]): Measurement {
  return { label, values, unit: "MB", better: "lower" };
}

function residentMb(pid: number): number {
  return residentBytes(pid) / BYTES_PER_MB;
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
