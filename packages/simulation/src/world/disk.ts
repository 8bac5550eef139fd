import { SimulatedLog } from "./simulated-log.ts";
import type { World } from "./world.ts";

/** How long a sync takes on a disk that is well. */
const syncMs = { min: 0.5, max: 15 };

/** The disk of one host: append-only files, and how slow it is at the moment. */
export class Disk {
  readonly #world: World;
  readonly #logs = new Map<string, { crash(): void }>();
  /** The longest that a sync takes at present. */
  syncMaxMs: number = syncMs.max;
  isFull = false;

  constructor(world: World) {
    this.#world = world;
  }

  drawSyncMs(): number {
    return this.#world.dice.between(syncMs.min, this.syncMaxMs);
  }

  heal(): void {
    this.syncMaxMs = syncMs.max;
  }

  /** Makes a file. Its content stays for the life of the simulation. */
  createLog<Entry>(name: string): SimulatedLog<Entry> {
    const log = new SimulatedLog<Entry>(this.#world, this);
    this.#logs.set(name, log);
    return log;
  }

  crash(): void {
    for (const log of this.#logs.values()) log.crash();
  }
}
