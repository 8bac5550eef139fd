import { AlohaError } from "@aloha/core";

/** The longest line either side takes: a full list of attempts fits several times. */
export const FRAME_BYTES_MAX: number = 32 * 1024 * 1024;

const NEWLINE = 0x0a;

/** One JSON value a line. */
export function encodeFrame(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Cuts a byte stream into the values of its lines. */
export class FrameReader {
  #parts: Buffer[] = [];
  #lengthBytes = 0;

  /** The values that `chunk` completes. Throws AlohaError for a line that is too long or no JSON object. */
  read(chunk: Buffer): readonly object[] {
    const values: object[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at));
      values.push(parse(this.#takeLine()));
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return values;
  }

  #keep(part: Buffer): void {
    this.#lengthBytes += part.length;
    if (this.#lengthBytes > FRAME_BYTES_MAX) {
      throw new AlohaError(
        "limit-exceeded",
        `A message between worker and supervisor exceeds ${FRAME_BYTES_MAX} bytes.`,
      );
    }
    this.#parts.push(part);
  }

  #takeLine(): string {
    const line =
      this.#parts.length === 1
        ? this.#parts[0]!.toString("utf8")
        : Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#lengthBytes = 0;
    return line;
  }
}

function parse(line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    throw new AlohaError(
      "invalid-argument",
      "A message between worker and supervisor is not JSON.",
      { cause: error },
    );
  }
  throw new AlohaError(
    "invalid-argument",
    "A message between worker and supervisor is not an object.",
  );
}
