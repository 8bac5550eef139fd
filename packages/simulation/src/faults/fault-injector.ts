import type { Cluster } from "../cluster.ts";
import {
  guardianCrash,
  hostReboot,
  masterCrash,
  masterReboot,
  supervisorCrash,
  workerCrash,
  workerEnd,
  workerLeave,
} from "./crashes.ts";
import { wallJump } from "./clock-faults.ts";
import { failingStore, fullDisk, slowDisk, slowStore } from "./disk-faults.ts";
import type { WorkerNode } from "../nodes/worker-node.ts";
import type { Fault } from "./fault.ts";
import { badWeather, connectionReset, partition } from "./network-faults.ts";
import { Repairs } from "./repairs.ts";
import { masterStop, supervisorStop, workerStop } from "./stops.ts";

/** Every fault that a run may have. */
export const allFaults: readonly Fault[] = [
  masterCrash,
  masterReboot,
  masterStop,
  workerCrash,
  workerLeave,
  workerEnd,
  workerStop,
  supervisorCrash,
  supervisorStop,
  guardianCrash,
  hostReboot,
  partition,
  connectionReset,
  badWeather,
  slowStore,
  failingStore,
  slowDisk,
  fullDisk,
  wallJump,
];

/** The least and the greatest mean time between two faults of a run. */
const meanMs = { min: 4_000, max: 60_000 };

/** How likely a run does without a fault: with fewer kinds at work, each gets further (swarm testing, Groce et al. 2012). */
const absentProbability = 0.4;

/** How often the same worker is hit in a run that has a victim: what takes several faults in a row needs them at one place. */
const victimProbability = 0.8;

/** Lets faults strike at random, some of them in each run, until it is told to stop. */
export class FaultInjector {
  readonly #cluster: Cluster;
  readonly #repairs: Repairs;
  readonly #faults: readonly Fault[];
  readonly #meanMs: number;
  readonly #victim: WorkerNode | null;
  readonly #counts = new Map<string, number>();
  #isOver = false;

  constructor(cluster: Cluster) {
    const { dice } = cluster.world;
    this.#cluster = cluster;
    this.#repairs = new Repairs(cluster.world);
    this.#faults = allFaults.filter(() => !dice.chance(absentProbability));
    this.#victim = dice.chance(0.5) ? dice.pick(cluster.workers) : null;
    this.#meanMs = dice.between(meanMs.min, meanMs.max);
  }

  /** How often each fault struck. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  start(): void {
    if (this.#faults.length > 0) this.#next();
  }

  /** No fault strikes any more, and those that did are undone. */
  stop(): void {
    this.#isOver = true;
    this.#repairs.all();
  }

  #pickWorker(): WorkerNode {
    const { world, workers } = this.#cluster;
    return this.#victim !== null && world.dice.chance(victimProbability)
      ? this.#victim
      : world.dice.pick(workers);
  }

  #next(): void {
    const { world } = this.#cluster;
    world.after(world.dice.exponential(this.#meanMs), () => {
      if (this.#isOver) return;
      const fault = world.dice.pick(this.#faults);
      const hit = fault.strike({
        ...this.#cluster,
        worker: this.#pickWorker(),
        repairs: this.#repairs,
      });
      if (hit !== undefined) {
        this.#counts.set(fault.kind, (this.#counts.get(fault.kind) ?? 0) + 1);
        world.note("FAULT", `${fault.kind} ${hit}`);
      }
      this.#next();
    });
  }
}
