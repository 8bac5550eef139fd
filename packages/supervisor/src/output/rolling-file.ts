import { closeSync, fstatSync, openSync, write, writeSync } from "node:fs";
import { join } from "node:path";
import type { LogPolicy } from "@aloha/core";
import { periodEndMs } from "./roll-period.ts";
import type { SegmentCompressor } from "./segment-compressor.ts";
import { appendFlags } from "./segment.ts";
import { SegmentRoller } from "./segment-roller.ts";

export interface RollingFileOptions {
  readonly directory: string;
  readonly stream: string;
  readonly policy: LogPolicy;
  readonly compressor: SegmentCompressor;
  /** The date, to which periods belong. */
  readonly wallMs: () => number;
}

/** The file that a stream is appended to, rolled by rename before the first write to a full segment, or after its period. */
export class RollingFile {
  readonly #path: string;
  readonly #policy: LogPolicy;
  readonly #roller: SegmentRoller;
  readonly #wallMs: () => number;
  #fd: number;
  #sizeBytes: number;
  /** When the period of what is in the file ends. */
  #periodEndMs: number;

  /** Opens or creates the active file. Throws the system's error if that cannot be done. */
  constructor({ directory, stream, policy, compressor, wallMs }: RollingFileOptions) {
    this.#path = join(directory, stream);
    this.#policy = policy;
    this.#roller = new SegmentRoller(directory, stream, policy, compressor);
    this.#wallMs = wallMs;
    this.#fd = openSync(this.#path, appendFlags, 0o640);
    const { size, mtimeMs } = fstatSync(this.#fd);
    this.#sizeBytes = size;
    this.#periodEndMs = this.#endOfPeriod(mtimeMs);
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
    const { segmentBytes, rollEveryMs } = this.#policy;
    if (rollEveryMs !== null) this.#meetPeriod();
    if (segmentBytes === null) return bytes;
    if (this.#sizeBytes >= segmentBytes) this.#roll();
    return bytes.subarray(0, segmentBytes - this.#sizeBytes);
  }

  /** Of a period in which nothing was written nothing is kept. */
  #meetPeriod(): void {
    const nowMs = this.#wallMs();
    if (this.#sizeBytes > 0 && nowMs >= this.#periodEndMs) this.#roll();
    if (this.#sizeBytes === 0) this.#periodEndMs = this.#endOfPeriod(nowMs);
  }

  #endOfPeriod(wallMs: number): number {
    const { rollEveryMs } = this.#policy;
    return rollEveryMs === null ? Number.POSITIVE_INFINITY : periodEndMs(rollEveryMs, wallMs);
  }

  #roll(): void {
    this.#roller.roll(this.#sizeBytes);
    const next = openSync(this.#path, appendFlags, 0o640);
    closeSync(this.#fd);
    this.#fd = next;
    this.#sizeBytes = 0;
  }
}
