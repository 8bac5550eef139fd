import { toAlohaError, type AlohaError } from "@aloha/core";
import type { Timer, Timers } from "@aloha/runtime";

const periodMs = 60_000;
/** Between two prunings while there is more to remove: the store belongs to others most of the time. */
const pauseMs = 200;

export interface RetentionKeeperOptions {
  /** Removes a bounded number of what need no longer be kept; resolves with how many. */
  readonly prune: () => Promise<number>;
  readonly timers: Timers;
  readonly failed: (error: AlohaError) => void;
}

/** Prunes the store every minute, in small steps while there is something to remove. */
export class RetentionKeeper {
  readonly #options: RetentionKeeperOptions;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: RetentionKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(periodMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.clear();
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#options.timers.after(delayMs, () => void this.#prune(), {
      keepAlive: false,
    });
  }

  async #prune(): Promise<void> {
    try {
      const removed = await this.#options.prune();
      this.#schedule(removed > 0 ? pauseMs : periodMs);
    } catch (thrown) {
      if (!this.#stopped) this.#options.failed(toAlohaError(thrown, "store-failed"));
    }
  }
}
