import { renameSync } from "node:fs";
import { lutimes, mkdir, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { byAge, countOfRemovals, type CleanupPolicy } from "./choose-removals.ts";
import {
  listApplications,
  outputWrittenMs,
  type ApplicationDirectory,
} from "./list-applications.ts";
import type { Pace } from "./pace.ts";
import { removeTree } from "./remove-tree.ts";

export interface CleanUpOptions {
  readonly workPath: string;
  readonly policy: CleanupPolicy;
  readonly wallMs: () => number;
  readonly pace: Pace;
  /** Applications of which the worker has an attempt that may live, or whose end the master has not acknowledged. Asked anew before each removal. */
  readonly held: () => ReadonlySet<string>;
  /** What cannot be removed is said, and does not keep the rest. */
  readonly onFailed: (path: string, error: unknown) => void;
}

/** What one look brought. */
export interface CleanedUp {
  /** Because of age or number. */
  readonly removed: number;
  /** Because the disk is too full. */
  readonly removedForSpace: number;
  /** Whether it still is. */
  readonly isTooFull: boolean;
}

/** Where directories go on their way out, so that whatever interrupts a removal, nobody meets half an application. */
const removedName = "removed";

/** Removes what is not needed any more from a work directory. One look at a time. */
export class CleanUp {
  readonly #options: CleanUpOptions;
  readonly #bin: string;
  #heldBefore: ReadonlySet<string>;
  #lastRemoval = 0;

  constructor(options: CleanUpOptions) {
    this.#options = options;
    this.#bin = join(options.workPath, ".aloha", removedName);
    this.#heldBefore = options.held();
  }

  /** Removes what is old, what is too much, and, if the disk is too full, what ended first. */
  async all(): Promise<CleanedUp> {
    const { policy, wallMs } = this.#options;
    await this.#emptyBin();
    const ended = byAge(await this.#ended());
    const count = countOfRemovals(ended, policy, wallMs());
    let removed = 0;
    for (const directory of ended.slice(0, count)) if (await this.#remove(directory)) removed++;
    const removedForSpace = await this.#makeSpace(ended.slice(count));
    return { removed, removedForSpace, isTooFull: await this.#isTooFull() };
  }

  /** The same if the disk is too full only. */
  async forSpace(): Promise<CleanedUp> {
    if (!(await this.#isTooFull())) return { removed: 0, removedForSpace: 0, isTooFull: false };
    return this.all();
  }

  async #makeSpace(ended: readonly ApplicationDirectory[]): Promise<number> {
    let removed = 0;
    for (const directory of ended) {
      if (!(await this.#isTooFull())) break;
      if (await this.#remove(directory)) removed++;
    }
    return removed;
  }

  /** As df(1) counts: what is reserved for root is neither used nor free. */
  async #isTooFull(): Promise<boolean> {
    const { workPath, policy } = this.#options;
    const { blocks, bfree, bavail } = await statfs(workPath);
    const used = blocks - bfree;
    return used > (used + bavail) * policy.diskShareMax;
  }

  /** Applications that are not held. Those that are, and were until a moment ago, are marked as alive. */
  async #ended(): Promise<readonly ApplicationDirectory[]> {
    const { workPath, held, pace, policy, wallMs } = this.#options;
    const all = await listApplications(workPath, pace);
    const nowMs = wallMs();
    const heldNow = held();
    const ended: ApplicationDirectory[] = [];
    for (const directory of all) {
      const { name, changedMs } = directory;
      const isLive = heldNow.has(name);
      const isUnmarked = nowMs - changedMs >= policy.intervalMs;
      if (isUnmarked && (isLive || this.#heldBefore.has(name))) {
        await this.#mark(name, nowMs);
        if (!isLive) ended.push({ name, changedMs: nowMs });
      } else if (!isLive) {
        ended.push(directory);
      }
    }
    this.#heldBefore = heldNow;
    return ended;
  }

  /** By the time of its directory, so that the next worker knows too that the application lived then. */
  async #mark(name: string, wallMs: number): Promise<void> {
    const path = join(this.#options.workPath, name);
    await lutimes(path, wallMs / 1000, wallMs / 1000).catch((error: unknown) =>
      this.#options.onFailed(path, error),
    );
    await this.#options.pace();
  }

  /** Whether it is gone. Between the question whether it is held and the rename nothing else happens: no attempt begins in what is removed. */
  async #remove({ name, changedMs }: ApplicationDirectory): Promise<boolean> {
    const { workPath, held, onFailed, pace, wallMs, policy } = this.#options;
    const path = join(workPath, name);
    try {
      const writtenMs = await outputWrittenMs(path);
      if (writtenMs - changedMs >= policy.intervalMs) {
        // It lived while no worker marked it. At the next look it is in its place.
        await this.#mark(name, writtenMs);
        return false;
      }
      const outgoing = `${name}.${Math.round(wallMs())}.${++this.#lastRemoval}`;
      if (held().has(name)) return false;
      renameSync(path, join(this.#bin, outgoing));
      await removeTree(this.#bin, outgoing, pace);
      return true;
    } catch (error) {
      onFailed(path, error);
      return false;
    }
  }

  /** What an earlier removal left, which was interrupted. */
  async #emptyBin(): Promise<void> {
    for (const name of await this.#leftInBin()) {
      try {
        await removeTree(this.#bin, name, this.#options.pace);
      } catch (error) {
        this.#options.onFailed(join(this.#bin, name), error);
      }
    }
  }

  async #leftInBin(): Promise<readonly string[]> {
    await mkdir(this.#bin, { recursive: true, mode: 0o700 });
    return readdir(this.#bin);
  }
}
