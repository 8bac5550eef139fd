import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LogPolicy } from "@aloha/core";
import { activeStartOffset, appendFlags, listSegments, segmentPath } from "./segment.ts";
import type { SegmentCompressor } from "./segment-compressor.ts";

/** A gzip file says how much it holds in 32 bits (RFC 1952); longer segments stay as they are. */
const COMPRESSED_BYTES_LIMIT = 2 ** 32;

/** Turns the active file of a stream into a segment, whoever writes it. */
export class SegmentRoller {
  readonly #directory: string;
  readonly #stream: string;
  readonly #policy: LogPolicy;
  readonly #compressor: SegmentCompressor;
  /** Where the active file begins; found out when it is needed, which for most programs is never. */
  #startOffset: number | null = null;

  constructor(directory: string, stream: string, policy: LogPolicy, compressor: SegmentCompressor) {
    this.#directory = directory;
    this.#stream = stream;
    this.#policy = policy;
    this.#compressor = compressor;
  }

  /**
   * Renames the active file, which holds `sizeBytes` and is not written meanwhile, makes an empty one in its
   * place, and removes what is beyond the number of segments to keep. Throws the system's error.
   */
  roll(sizeBytes: number): void {
    const startOffset =
      this.#startOffset ?? activeStartOffset(listSegments(this.#directory, this.#stream));
    const rolled = segmentPath(this.#directory, this.#stream, startOffset);
    const nextStart = startOffset + sizeBytes;
    const { keep, compress } = this.#policy;
    const active = join(this.#directory, this.#stream);
    renameSync(active, rolled);
    // Without a rolled segment nothing would tell where the active file starts; an empty one does.
    if (keep === 0)
      closeSync(
        openSync(segmentPath(this.#directory, this.#stream, nextStart), appendFlags, 0o640),
      );
    // At once: a reader would take a missing file for no output.
    closeSync(openSync(active, appendFlags, 0o640));
    this.#startOffset = nextStart;
    this.#trim();
    if (compress && keep !== 0 && sizeBytes < COMPRESSED_BYTES_LIMIT)
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
