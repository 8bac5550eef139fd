import type { Clock } from "@aloha/runtime";
import type { World } from "./world.ts";

/** The steps in which a simulated clock advances: whatever relies on finer ones relies on luck. */
const resolutionMs = 10;

/** How far the date of a host may be off. */
const wallSkewMaxMs = 2_000;

/** A date to begin with. */
const wallStartMs = 1_700_000_000_000;

/** The clocks of one host. Its boot clock drifts, begins anew with every boot, and is coarse. */
export class HostClock implements Clock {
  readonly #world: World;
  readonly #rate: number;
  #wallOffsetMs: number;
  #bootedAtMs: number;

  /** `driftMax` as a fraction: 0.002 for the 0.2 % that the promises assume. */
  constructor(world: World, driftMax: number) {
    this.#world = world;
    this.#rate = 1 + world.dice.between(-driftMax, driftMax);
    this.#wallOffsetMs =
      wallStartMs + Math.round(world.dice.between(-wallSkewMaxMs, wallSkewMaxMs));
    this.#bootedAtMs = world.nowMs - world.dice.integer(1_000, 1_000_000);
  }

  /** The host boots: its boot clock begins at zero. */
  restart(): void {
    this.#bootedAtMs = this.#world.nowMs;
  }

  /** Somebody sets the date. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  bootMs(): number {
    return coarse((this.#world.nowMs - this.#bootedAtMs) * this.#rate);
  }

  monotonicMs(): number {
    return this.bootMs();
  }

  wallMs(): number {
    return this.#wallOffsetMs + coarse(this.#world.nowMs);
  }

  /** The true time in which this clock advances by `durationMs`. */
  trueMs(durationMs: number): number {
    return durationMs / this.#rate;
  }
}

function coarse(timeMs: number): number {
  return Math.floor(timeMs / resolutionMs) * resolutionMs;
}
