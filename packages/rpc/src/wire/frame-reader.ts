import { FRAME_LENGTH_MIN, LENGTH_BYTES, readUint32 } from "./frame.ts";

/** Takes one whole frame, which lies in `bytes` from `start` to `end`, length field included. */
export type FrameSink = (bytes: Uint8Array, start: number, end: number) => void;

/** Room that an unfinished frame gets at first, whatever length it claims. */
const PARTIAL_BYTES_MIN = 4 * 1024;

/**
 * Cuts a stream of bytes into frames. Whole frames are handed on where they lie; only a frame that
 * spans two chunks is copied. A length is checked before a byte of its frame is kept.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #frameBytesMax: number;
  /** The beginning of a frame whose end has not arrived. */
  #partial: Uint8Array = new Uint8Array(0);
  #partialBytes = 0;
  #stopped = false;

  constructor(frameBytesMax: number, sink: FrameSink) {
    this.#frameBytesMax = frameBytesMax;
    this.#sink = sink;
  }

  /** Applies from the next frame on. */
  setFrameBytesMax(frameBytesMax: number): void {
    this.#frameBytesMax = frameBytesMax;
  }

  /** No frame is handed on any more, not even one that has arrived. */
  stop(): void {
    this.#stopped = true;
    this.#partial = new Uint8Array(0);
    this.#partialBytes = 0;
  }

  /** Takes the next bytes. Gives what is wrong with a length, after which the stream cannot be read on. */
  push(chunk: Uint8Array): string | undefined {
    const end = chunk.length;
    let position = 0;
    while (!this.#stopped && position < end) {
      if (this.#partialBytes > 0 || end - position < LENGTH_BYTES) {
        position = this.#complete(chunk, position);
        if (position < 0) return this.#problem(readUint32(this.#partial, 0));
        continue;
      }
      const length = readUint32(chunk, position);
      if (!this.#isAllowed(length)) return this.#problem(length);
      const frameEnd = position + LENGTH_BYTES + length;
      if (frameEnd > end) {
        position = this.#keep(chunk, position, end - position);
      } else {
        this.#sink(chunk, position, frameEnd);
        position = frameEnd;
      }
    }
    return undefined;
  }

  /** Moves on with the unfinished frame; gives where in `chunk` to go on, or -1 if its length is not allowed. */
  #complete(chunk: Uint8Array, start: number): number {
    let position = start;
    if (this.#partialBytes < LENGTH_BYTES) {
      const wanted = LENGTH_BYTES - this.#partialBytes;
      position = this.#keep(chunk, position, Math.min(wanted, chunk.length - position));
      if (this.#partialBytes < LENGTH_BYTES) return position;
    }
    const length = readUint32(this.#partial, 0);
    if (!this.#isAllowed(length)) return -1;
    const wanted = LENGTH_BYTES + length - this.#partialBytes;
    const available = Math.min(wanted, chunk.length - position);
    position = this.#keep(chunk, position, available);
    if (available === wanted) {
      const frame = this.#partial;
      const frameBytes = this.#partialBytes;
      this.#partial = new Uint8Array(0);
      this.#partialBytes = 0;
      this.#sink(frame, 0, frameBytes);
    }
    return position;
  }

  #keep(chunk: Uint8Array, position: number, count: number): number {
    const needed = this.#partialBytes + count;
    if (needed > this.#partial.length) {
      const grown = Buffer.allocUnsafe(
        Math.max(needed, PARTIAL_BYTES_MIN, this.#partial.length * 2),
      );
      grown.set(this.#partial.subarray(0, this.#partialBytes));
      this.#partial = grown;
    }
    this.#partial.set(chunk.subarray(position, position + count), this.#partialBytes);
    this.#partialBytes = needed;
    return position + count;
  }

  #isAllowed(length: number): boolean {
    return length >= FRAME_LENGTH_MIN && length <= this.#frameBytesMax;
  }

  #problem(length: number): string {
    return `a frame claims ${length} bytes; allowed are ${FRAME_LENGTH_MIN} to ${this.#frameBytesMax}`;
  }
}
