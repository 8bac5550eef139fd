/** The usual size of a buffer for outgoing frames. */
export const CHUNK_BYTES: number = 64 * 1024;

/** Buffers kept for use again. */
const SPARE_CHUNKS_MAX = 16;

/** Lends buffers for outgoing frames, so that a connection with nothing to send holds none. */
export class ChunkPool {
  readonly #spare: Uint8Array[] = [];

  /** A buffer of at least `bytes` bytes, with anything in it. */
  take(bytes: number): Uint8Array {
    if (bytes > CHUNK_BYTES) return Buffer.allocUnsafeSlow(bytes);
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Takes back a buffer that nobody uses any more. */
  give(chunk: Uint8Array): void {
    if (chunk.length === CHUNK_BYTES && this.#spare.length < SPARE_CHUNKS_MAX)
      this.#spare.push(chunk);
  }
}
