import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Logger } from "@aloha/runtime";

/** Segments that wait to be compressed; more stay as they are. */
const WAITING_MAX = 1_000;

/** Compresses rolled segments one at a time, so that logs never crowd out deadlines. */
export class SegmentCompressor {
  readonly #logger: Logger;
  readonly #waiting: string[] = [];
  #busy = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  compress(path: string): void {
    if (this.#waiting.length >= WAITING_MAX) return;
    this.#waiting.push(path);
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let path = this.#waiting.shift(); path !== undefined; path = this.#waiting.shift()) {
      try {
        await compressFile(path);
      } catch (error) {
        // The segment stays readable as it is.
        await rm(`${path}.tmp`, { force: true }).catch(() => {});
        this.#logger.warn("A rolled segment could not be compressed", { path, error });
      }
    }
    this.#busy = false;
  }
}

/** The compressed file appears whole; until then, and if it fails, the plain one stays. */
async function compressFile(path: string): Promise<void> {
  const inode = await inodeOf(path);
  if (inode === undefined) return;
  const { createGzip } = await import("node:zlib");
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.tmp`));
  // Trimmed meanwhile: nothing must come back. Or moved away, and the next attempt has rolled a segment of that name.
  if ((await inodeOf(path)) !== inode) {
    await rm(`${path}.tmp`, { force: true });
    return;
  }
  await rename(`${path}.tmp`, `${path}.gz`);
  await rm(path, { force: true });
}

async function inodeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ ino }) => ino,
    () => undefined,
  );
}
