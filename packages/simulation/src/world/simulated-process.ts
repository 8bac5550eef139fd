import type { Timer, Timers } from "@aloha/runtime";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

/**
 * One process of the system under test. It can be killed, after which nothing of it ever runs
 * again, and stopped (SIGSTOP): then whatever reaches it waits, and happens in order once it goes on.
 */
export class SimulatedProcess implements Timers {
  readonly name: string;
  readonly host: Host;
  readonly #world: World;
  #state: "running" | "stopped" | "dead" = "running";
  #waiting: (() => void)[] = [];
  readonly #deathListeners: ((cause: "killed" | "host-down") => void)[] = [];

  constructor(world: World, host: Host, name: string) {
    this.#world = world;
    this.host = host;
    this.name = name;
  }

  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  get isStopped(): boolean {
    return this.#state === "stopped";
  }

  /** Does something in this process: now, when it goes on, or never. */
  run(action: () => void): void {
    if (this.#state === "running" && this.#waiting.length === 0) action();
    else if (this.#state !== "dead") this.#waiting.push(action);
  }

  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  /** Goes on. What waited happens one after the other, before whatever comes from now on. */
  continue(): void {
    if (this.#state !== "stopped") return;
    this.#state = "running";
    this.#world.after(0, () => this.#catchUp());
  }

  /** Ends it at once. `host-down`: nobody is told that its connections are gone. */
  kill(cause: "killed" | "host-down" = "killed"): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#waiting = [];
    for (const listener of this.#deathListeners) listener(cause);
  }

  onDeath(listener: (cause: "killed" | "host-down") => void): void {
    this.#deathListeners.push(listener);
  }

  after(delayMs: number, fire: () => void): Timer {
    let cleared = false;
    const scheduled = this.#world.after(this.host.clock.trueMs(delayMs), () => {
      this.run(() => {
        if (!cleared) fire();
      });
    });
    return {
      clear: () => {
        cleared = true;
        scheduled.cancelled = true;
      },
    };
  }

  every(periodMs: number, fire: () => void): Timer {
    let current = this.after(periodMs, () => next());
    const next = (): void => {
      current = this.after(periodMs, () => next());
      fire();
    };
    return { clear: () => current.clear() };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  #catchUp(): void {
    if (this.#state !== "running") return;
    const action = this.#waiting.shift();
    if (action === undefined) return;
    // Its own event, so that promises are followed up in between.
    this.#world.after(0, () => this.#catchUp());
    action();
  }
}
