import { closeSync, fstatSync, openSync, write, writeSync } from "node:fs";
import { join } from "node:path";
import type { LogPolicy } from "@aloha/core";
import type { SegmentCompressor } from "./segment-compressor.ts";
import { SegmentRoller } from "./segment-roller.ts";

/** The file that a stream is appended to, rolled by rename when a segment is full. */
export class RollingFile {
  readonly #path: string;
  readonly #policy: LogPolicy;
  readonly #roller: SegmentRoller;
  #fd: number;
  #sizeBytes: number;

  /** Opens or creates the active file. Throws the system's error if that cannot be done. */
  constructor(directory: string, stream: string, policy: LogPolicy, compressor: SegmentCompressor) {
    this.#path = join(directory, stream);
    this.#policy = policy;
    this.#roller = new SegmentRoller(directory, stream, policy, compressor);
    this.#fd = openSync(this.#path, "a", 0o640);
    this.#sizeBytes = fstatSync(this.#fd).size;
  }

  /** Writes `bytes` now: for little output, which costs less than the way through the thread pool. Returns how many were written. */
  writeNow(bytes: Uint8Array): number {
    // First, since it may replace the file.
    const fitting = this.#thatFits(bytes);
    const written = writeSync(this.#fd, fitting);
    this.#sizeBytes += written;
    return written;
  }

  /** Writes as much of `bytes` as fits into this segment, off the event loop, and says how many. */
  async write(bytes: Uint8Array): Promise<number> {
    const fitting = this.#thatFits(bytes);
    const written = await new Promise<number>((resolve, reject) => {
      write(this.#fd, fitting, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
    this.#sizeBytes += written;
    return written;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #thatFits(bytes: Uint8Array): Uint8Array {
    const { segmentBytes } = this.#policy;
    if (segmentBytes === null) return bytes;
    if (this.#sizeBytes >= segmentBytes) this.#roll();
    return bytes.subarray(0, segmentBytes - this.#sizeBytes);
  }

  #roll(): void {
    this.#roller.roll(this.#sizeBytes);
    const next = openSync(this.#path, "a", 0o640);
    closeSync(this.#fd);
    this.#fd = next;
    this.#sizeBytes = 0;
  }
}
