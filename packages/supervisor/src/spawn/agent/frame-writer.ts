const INITIAL_BYTES = 65_536;
/** What a UTF-16 unit takes in UTF-8 at most. */
const BYTES_PER_UNIT_MAX = 3;
const LENGTH_BYTES = 4;

/** Builds frames one behind the other: a length (4 bytes, little-endian), then so many bytes. Strings end with a NUL besides their length. */
export class FrameWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** What was written since the last take; a copy. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return bytes;
  }

  /** A length, and what `content` writes. */
  block(content: () => void): void {
    const begin = this.#length;
    this.u32(0);
    content();
    this.#buffer.writeUInt32LE(this.#length - begin - LENGTH_BYTES, begin);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#length = this.#buffer.writeUInt8(value, this.#length);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  u64(value: number): void {
    this.u32(value % 2 ** 32);
    this.u32(Math.floor(value / 2 ** 32));
  }

  text(value: string): void {
    this.#reserve(LENGTH_BYTES + value.length * BYTES_PER_UNIT_MAX + 1);
    const begin = this.#length + LENGTH_BYTES;
    const length = this.#buffer.write(value, begin, "utf8");
    this.#buffer.writeUInt32LE(length, this.#length);
    this.#length = this.#buffer.writeUInt8(0, begin + length);
  }

  texts(values: readonly string[]): void {
    this.u32(values.length);
    for (const value of values) this.text(value);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
