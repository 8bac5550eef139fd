import type { World } from "../world/world.ts";

/** What undoes the faults: each at its time, or all at once when the faults are to be over. */
export class Repairs {
  readonly #world: World;
  readonly #open = new Set<() => void>();

  constructor(world: World) {
    this.#world = world;
  }

  later(delayMs: number, action: () => void): void {
    const repair = (): void => {
      if (this.#open.delete(repair)) action();
    };
    this.#open.add(repair);
    this.#world.after(delayMs, repair);
  }

  all(): void {
    for (const repair of this.#open) repair();
  }
}
