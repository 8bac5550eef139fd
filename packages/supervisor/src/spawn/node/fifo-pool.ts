import { execFile, execFileSync } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@aloha/runtime";

/** Made by one `mkfifo`, whose start costs as much as a hundred FIFOs. */
const BATCH_SIZE = 128;
const REFILL_BELOW = 64;

/** Both ends of a pipe: `readFd` does not block, `writeFd` does, as programs expect of their output. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/**
 * Real pipes, from FIFOs that are made ahead, opened and unlinked. Node itself gives children
 * socketpairs, on which opening /dev/stdout fails.
 */
export class FifoPool {
  readonly #directory: string;
  readonly #logger: Logger;
  #ready: string[] = [];
  #made = 0;
  #refilling = false;

  /** `directory` is emptied: it holds nothing but FIFOs. */
  constructor(directory: string, logger: Logger) {
    this.#directory = directory;
    this.#logger = logger;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#refill();
  }

  /** Opens a pipe. Throws the system's error (EMFILE, ENOSPC, no mkfifo command ...). */
  open(): Pipe {
    const path = this.#ready.pop() ?? this.#makeNow();
    if (this.#ready.length < REFILL_BELOW) this.#refill();
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const writeFd = openSync(path, constants.O_WRONLY);
      return { readFd, writeFd };
    } catch (error) {
      closeSync(readFd);
      throw error;
    } finally {
      unlinkSync(path);
    }
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #makeNow(): string {
    const paths = this.#nextPaths();
    execFileSync("mkfifo", paths, { stdio: "ignore" });
    this.#ready.push(...paths);
    return this.#ready.pop()!;
  }

  #refill(): void {
    if (this.#refilling) return;
    this.#refilling = true;
    const paths = this.#nextPaths();
    execFile("mkfifo", paths, (error) => {
      this.#refilling = false;
      // The next open tries again, synchronously, and fails with the reason if it still cannot be done.
      if (error === null) this.#ready.push(...paths);
      else this.#logger.warn("mkfifo failed", { error });
    });
  }

  #nextPaths(): string[] {
    return Array.from({ length: BATCH_SIZE }, () => join(this.#directory, `p${this.#made++}`));
  }
}
