import type { World } from "./world.ts";

interface Write<Entry> {
  readonly kind: "append" | "replace";
  readonly entries: readonly Entry[];
  readonly done: () => void;
  readonly failed: () => void;
}

/** What a file has to know of its disk. */
export interface LogDisk {
  readonly isFull: boolean;
  drawSyncMs(): number;
}

/**
 * An append-only file. What was written becomes durable a while later, in order, all that waits
 * in one sync; a crash keeps some prefix of what was not durable yet. On a full disk writes fail.
 */
export class SimulatedLog<Entry> {
  readonly #world: World;
  readonly #disk: LogDisk;
  #durable: Entry[] = [];
  #waiting: Write<Entry>[] = [];
  #syncing: readonly Write<Entry>[] = [];
  #generation = 0;

  constructor(world: World, disk: LogDisk) {
    this.#world = world;
    this.#disk = disk;
  }

  /** What a process that opens the file now finds in it. */
  read(): readonly Entry[] {
    return [...this.#durable];
  }

  /** `done` is called once the entries, and all before them, are durable; `failed` if they are not. */
  append(entries: readonly Entry[], done: () => void, failed: () => void): void {
    this.#write({ kind: "append", entries, done, failed });
  }

  /** Replaces the content, whole or not at all. */
  replace(entries: readonly Entry[], done: () => void, failed: () => void): void {
    this.#write({ kind: "replace", entries, done, failed });
  }

  /** Whoever wrote is gone: a prefix of what was under way is kept, and nobody is told. */
  crash(): void {
    this.#generation++;
    const lost = [...this.#syncing, ...this.#waiting];
    this.#syncing = [];
    this.#waiting = [];
    for (const write of lost) {
      if (this.#world.dice.chance(0.5)) {
        this.#apply(write);
        continue;
      }
      if (write.kind === "append") {
        const kept = this.#world.dice.integer(0, write.entries.length);
        this.#durable.push(...write.entries.slice(0, kept));
      }
      return;
    }
  }

  #write(write: Write<Entry>): void {
    this.#waiting.push(write);
    if (this.#syncing.length === 0) this.#sync();
  }

  #sync(): void {
    this.#syncing = this.#waiting;
    this.#waiting = [];
    const generation = this.#generation;
    this.#world.after(this.#disk.drawSyncMs(), () => {
      if (generation !== this.#generation) return;
      const synced = this.#syncing;
      this.#syncing = [];
      const isFull = this.#disk.isFull;
      if (!isFull) for (const write of synced) this.#apply(write);
      if (this.#waiting.length > 0) this.#sync();
      for (const { done, failed } of synced) {
        if (isFull) failed();
        else done();
      }
    });
  }

  #apply({ kind, entries }: Write<Entry>): void {
    if (kind === "replace") this.#durable = [...entries];
    else this.#durable.push(...entries);
  }
}
