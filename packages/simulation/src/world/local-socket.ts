import type { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

/** How long a message between two processes of one host takes. */
const hopMs = { min: 0.02, max: 1 };

interface Ends<Up, Down> {
  readonly server: SimulatedProcess;
  readonly client: SimulatedProcess;
  readonly onUp: (message: Up) => void;
  readonly onDown: (message: Down) => void;
  readonly onServerClosed: () => void;
  readonly onClientClosed: () => void;
}

/**
 * A connection between two processes of one host: nothing is lost or reordered while both live,
 * and the end of one is noticed by the other after all that it had sent.
 */
export class LocalSocket<Up, Down> {
  readonly #world: World;
  readonly #ends: Ends<Up, Down>;
  #isOpen = true;
  #lastUpMs = 0;
  #lastDownMs = 0;

  constructor(world: World, ends: Ends<Up, Down>) {
    this.#world = world;
    this.#ends = ends;
    ends.server.onDeath(() => this.closeFromServer());
    ends.client.onDeath(() => this.closeFromClient());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  sendUp(message: Up): void {
    if (this.#isOpen) this.#up(() => this.#ends.onUp(message));
  }

  sendDown(message: Down): void {
    if (this.#isOpen) this.#down(() => this.#ends.onDown(message));
  }

  closeFromServer(): void {
    if (!this.#isOpen) return;
    this.#down(this.#ends.onServerClosed);
    this.#isOpen = false;
  }

  closeFromClient(): void {
    if (!this.#isOpen) return;
    this.#up(this.#ends.onClientClosed);
    this.#isOpen = false;
  }

  #up(action: () => void): void {
    this.#lastUpMs = this.#arrivalMs(this.#lastUpMs);
    this.#world.after(this.#lastUpMs - this.#world.nowMs, () => this.#ends.server.run(action));
  }

  #down(action: () => void): void {
    this.#lastDownMs = this.#arrivalMs(this.#lastDownMs);
    this.#world.after(this.#lastDownMs - this.#world.nowMs, () => this.#ends.client.run(action));
  }

  #arrivalMs(lastMs: number): number {
    return Math.max(lastMs, this.#world.nowMs + this.#world.dice.between(hopMs.min, hopMs.max));
  }
}
