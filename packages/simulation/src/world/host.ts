import { Disk } from "./disk.ts";
import { HostClock } from "./host-clock.ts";
import { ProcessTable } from "./process-table.ts";
import type { History } from "../history/history.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

/** The drift that the promises assume at most: 0.2 %. */
const driftMax = 0.002;

/** One machine: clocks, a disk, and the processes on it. */
export class Host {
  readonly name: string;
  readonly clock: HostClock;
  readonly disk: Disk;
  readonly trees: ProcessTable;
  readonly #world: World;
  #processes: SimulatedProcess[] = [];
  #boots = 1;
  #isUp = true;

  constructor(world: World, history: History, name: string) {
    this.#world = world;
    this.name = name;
    this.clock = new HostClock(world, driftMax);
    this.disk = new Disk(world);
    this.trees = new ProcessTable(world, history, name);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get bootId(): string {
    return `${this.name}-boot-${this.#boots}`;
  }

  startProcess(name: string): SimulatedProcess {
    const started = new SimulatedProcess(this.#world, this, name);
    this.#processes.push(started);
    started.onDeath(() => {
      this.#processes = this.#processes.filter((other) => other !== started);
    });
    return started;
  }

  /** The power fails: every process is gone, and what was not yet on disk with it. */
  goDown(): void {
    this.#isUp = false;
    for (const running of [...this.#processes]) running.kill("host-down");
    this.trees.vanish();
    this.disk.crash();
  }

  comeUp(): void {
    this.#isUp = true;
    this.#boots++;
    this.clock.restart();
  }
}
