import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { freeBytes as realFreeBytes } from "@aloha/runtime/node";
import type { Logger, Timer, Timers } from "@aloha/runtime";
import { sizeOf } from "./size-of.ts";
import { storeFiles } from "./store-files.ts";

/** A file that is deleted when the disk is almost full, so that ends, kills and epochs still find room. */
export const ballastBytesDefault: number = 64 * 1024 * 1024;

/** Below this much free space the master takes nothing new; LMDB itself would fail only when nothing at all is left. */
export const freeBytesMin: number = 64 * 1024 * 1024;

const checkPeriodMs = 1_000;
const chunkBytes = 1024 * 1024;

export interface SpaceGuardOptions {
  readonly directory: string;
  /** Told whenever space becomes low, and when it is back. */
  readonly changed: (low: boolean) => void;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly ballastBytes?: number;
  readonly freeBytesMin?: number;
  /** Free space of the file system that holds a path. */
  readonly freeBytes?: (path: string) => Promise<number>;
}

/**
 * Watches the free space of the store's disk. Low: `changed(true)`, then the ballast goes. Back, with room for the
 * ballast and as much again: the ballast is made anew, then `changed(false)`.
 */
export class SpaceGuard {
  readonly #options: SpaceGuardOptions;
  readonly #ballast: string;
  readonly #ballastBytes: number;
  readonly #freeBytesMin: number;
  #timer: Timer | undefined;
  #checking: Promise<void> | undefined;
  #low = false;
  #stopped = false;

  constructor(options: SpaceGuardOptions) {
    this.#options = options;
    this.#ballast = join(options.directory, storeFiles.ballast);
    this.#ballastBytes = options.ballastBytes ?? ballastBytesDefault;
    this.#freeBytesMin = options.freeBytesMin ?? freeBytesMin;
  }

  get low(): boolean {
    return this.#low;
  }

  /** Looks once, and from then on again and again. */
  async start(): Promise<void> {
    await this.check();
    if (this.#stopped) return;
    this.#timer = this.#options.timers.every(checkPeriodMs, () => void this.check(), {
      keepAlive: false,
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.clear();
    await this.#checking;
  }

  /** Looks now. One look at a time. Never rejects. */
  check(): Promise<void> {
    this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #look(): Promise<void> {
    try {
      const free = await (this.#options.freeBytes ?? realFreeBytes)(this.#options.directory);
      if (!this.#low && free < this.#freeBytesMin) await this.#becomeLow(free);
      else if (!this.#low) await this.#makeBallast(free);
      else if (free > this.#freeBytesMin * 2 + this.#ballastBytes) await this.#recover(free);
    } catch (error) {
      this.#options.logger.error("The free space of the store's disk cannot be kept watch over", {
        directory: this.#options.directory,
        error,
      });
    }
  }

  async #becomeLow(free: number): Promise<void> {
    this.#low = true;
    this.#options.changed(true);
    await rm(this.#ballast, { force: true });
    this.#options.logger.error(
      "The disk of the store is almost full: nothing new is accepted until there is room",
      {
        directory: this.#options.directory,
        freeBytes: free,
      },
    );
  }

  async #recover(free: number): Promise<void> {
    await this.#makeBallast(free);
    this.#low = false;
    this.#options.changed(false);
    this.#options.logger.info("The disk of the store has room again", {
      directory: this.#options.directory,
      freeBytes: free,
    });
  }

  /** Written with real bytes: an empty file of that size would hold no space. */
  async #makeBallast(free: number): Promise<void> {
    const present = await sizeOf(this.#ballast);
    if (present >= this.#ballastBytes || free - this.#ballastBytes < this.#freeBytesMin) return;
    const file = await open(this.#ballast, "w", 0o600);
    try {
      const chunk = Buffer.alloc(Math.min(chunkBytes, this.#ballastBytes), 0x61);
      for (let written = 0; written < this.#ballastBytes;) {
        const { bytesWritten } = await file.write(
          chunk,
          0,
          Math.min(chunk.length, this.#ballastBytes - written),
        );
        written += bytesWritten;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
