import { PlacementQueue } from "./placement-queue.ts";
import { noResources } from "./resources.ts";

export interface MeasureStepsOptions {
  /** Applications that wait, and do not fit, before the first step. */
  readonly waiting: number;
  /** Different combinations of cores and memory among them. */
  readonly shapes: number;
  readonly workers: number;
  readonly steps: number;
  /** A clock of microseconds, with fractions. */
  readonly nowUs: () => number;
}

const totalMilliCores = 16_000;
const totalMemoryMiB = 65_536;

/**
 * How long placement takes per event while many wait: one step is a submit, a worker with other
 * free resources, and every placement that follows. Gives the median in microseconds. The same
 * options give the same events.
 */
export function measurePlacementSteps(options: MeasureStepsOptions): number {
  const next = numbers(options.waiting);
  const queue = new PlacementQueue({ reserveAfterMs: Number.MAX_SAFE_INTEGER });
  const shapes = Array.from({ length: options.shapes }, () => ({
    milliCores: 1 + next(totalMilliCores),
    memoryMiB: 1 + next(totalMemoryMiB),
  }));
  const setWorker = (index: number, freeMilliCores: number, freeMemoryMiB: number): void =>
    queue.setWorker({
      workerId: `w-${index}`,
      freeMilliCores,
      freeMemoryMiB,
      freeResources: noResources,
      totalMilliCores,
      totalMemoryMiB,
      totalResources: noResources,
      accepting: true,
    });
  const submit = (order: number): void =>
    queue.enqueue({
      appId: `app-20260101000000-${order}`,
      order,
      ...shapes[next(shapes.length)]!,
      resources: noResources,
      waitingSinceMs: 0,
    });

  for (let index = 0; index < options.workers; index++) setWorker(index, 0, 0);
  for (let order = 0; order < options.waiting; order++) submit(order);
  queue.next(0);
  const timesUs: number[] = [];
  for (let step = 0; step < options.steps; step++) {
    const startedUs = options.nowUs();
    submit(options.waiting + step);
    setWorker(next(options.workers), next(totalMilliCores), next(totalMemoryMiB));
    while (queue.next(0) !== undefined);
    timesUs.push(options.nowUs() - startedUs);
  }
  timesUs.sort((a, b) => a - b);
  return timesUs[timesUs.length >> 1] ?? 0;
}

/** Repeatable numbers below a bound (a linear congruential generator; Numerical Recipes, "ranqd1"). */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
