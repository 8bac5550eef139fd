import {
  closeSync,
  fstatSync,
  openSync,
  renameSync,
  rmSync,
  write,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { LogPolicy } from "@aloha/core";
import { activeStartOffset, listSegments, segmentPath } from "./segment.ts";
import type { SegmentCompressor } from "./segment-compressor.ts";

/** A gzip file says how much it holds in 32 bits (RFC 1952); longer segments stay as they are. */
const COMPRESSED_BYTES_LIMIT = 2 ** 32;

/** The file that a stream is appended to, rolled by rename when a segment is full. */
export class RollingFile {
  readonly #directory: string;
  readonly #stream: string;
  readonly #policy: LogPolicy;
  readonly #compressor: SegmentCompressor;
  #fd: number;
  /** Where the active file begins; found out when it is needed, which for most programs is never. */
  #startOffset: number | null = null;
  #sizeBytes: number;

  /** Opens or creates the active file. Throws the system's error if that cannot be done. */
  constructor(directory: string, stream: string, policy: LogPolicy, compressor: SegmentCompressor) {
    this.#directory = directory;
    this.#stream = stream;
    this.#policy = policy;
    this.#compressor = compressor;
    this.#fd = openSync(join(directory, stream), "a", 0o640);
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
    const active = join(this.#directory, this.#stream);
    const startOffset =
      this.#startOffset ?? activeStartOffset(listSegments(this.#directory, this.#stream));
    const rolled = segmentPath(this.#directory, this.#stream, startOffset);
    const rolledBytes = this.#sizeBytes;
    const nextStart = startOffset + rolledBytes;
    renameSync(active, rolled);
    // Without a rolled segment nothing would tell where the active file starts; an empty one does.
    if (this.#policy.keep === 0)
      writeFileSync(segmentPath(this.#directory, this.#stream, nextStart), "");
    const next = openSync(active, "a", 0o640);
    closeSync(this.#fd);
    this.#fd = next;
    this.#startOffset = nextStart;
    this.#sizeBytes = 0;
    this.#trim();
    if (this.#policy.compress && this.#policy.keep !== 0 && rolledBytes < COMPRESSED_BYTES_LIMIT)
      this.#compressor.compress(rolled);
  }

  #trim(): void {
    const { keep } = this.#policy;
    if (keep === null) return;
    const segments = listSegments(this.#directory, this.#stream);
    const excess = segments.length - Math.max(1, keep);
    for (const segment of segments.slice(0, Math.max(0, excess))) {
      const plain = segment.compressed ? segment.path.slice(0, -".gz".length) : segment.path;
      rmSync(plain, { force: true });
      rmSync(`${plain}.gz`, { force: true });
    }
  }
}
