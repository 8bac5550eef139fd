/**
 * Measures one real master's steps while many applications wait, in a process of its own so that one heap does not
 * slow the next: `measure-step.js N` prints the median of a step in microseconds.
 */
import { median } from "../harness/median.ts";
import { OneWorkerCluster, runningAtOnce } from "./one-worker-cluster.ts";

const STEPS = 3_000;
const WARM_UP_STEPS = 1_000;

process.stdout.write(`${medianStepUs(Number(process.argv[2]))}\n`);

/** An application ends, which is recorded, and the next one is placed and its launch leaves: one step. */
function medianStepUs(waiting: number): number {
  const cluster = new OneWorkerCluster();
  cluster.submit(waiting + STEPS + WARM_UP_STEPS + runningAtOnce);
  cluster.start();
  for (let step = 0; step < WARM_UP_STEPS; step++) cluster.endOne();
  const timesUs: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const startedMs = performance.now();
    cluster.endOne();
    timesUs.push((performance.now() - startedMs) * 1000);
  }
  return median(timesUs);
}
