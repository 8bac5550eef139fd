import { Packr, RESET_BUFFER_MODE } from "msgpackr";
import { RpcError, toError } from "../rpc-error.ts";
import { REFERENCE_KEY, SCAN, SCAN_PROBLEMS, scanPlain } from "./plain-scan.ts";

/** Makes a reference of the address found in a message. */
export type Revive = (url: string) => unknown;

/**
 * Values to bytes and back: MessagePack without records, class names or extensions. What is read is
 * scanned first (plain-scan.ts), so the decoder only ever sees plain values. A reference writes
 * itself as `{ $ref: url }` by its `toJSON`, and is made whole again on arrival.
 */
export class Codec {
  readonly #packr = new Packr({
    useRecords: false,
    mapsAsObjects: true,
    copyBuffers: true,
    variableMapSize: true,
    moreTypes: false,
    structuredClone: false,
  });
  readonly #revive: Revive;

  constructor(revive: Revive) {
    this.#revive = revive;
  }

  /** The bytes are valid until the next call. Throws an `RpcError` "bad-message" for what cannot travel. */
  encode(value: unknown): Uint8Array {
    try {
      return this.#packr.pack(value, RESET_BUFFER_MODE);
    } catch (thrown) {
      const cause = toError(thrown);
      throw new RpcError("bad-message", `The message cannot be encoded: ${cause.message}`, {
        cause,
      });
    }
  }

  /** Reads the value that fills `bytes` from `start` to `end`. Throws an `RpcError` "bad-message". */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const scan = scanPlain(bytes, start, end);
    if (scan < 0)
      throw new RpcError("bad-message", `The message was refused: ${SCAN_PROBLEMS[scan]}.`);
    let value: unknown;
    try {
      value = this.#packr.unpack(bytes, { start, end });
    } catch (thrown) {
      const cause = toError(thrown);
      throw new RpcError("bad-message", `The message cannot be decoded: ${cause.message}`, {
        cause,
      });
    }
    if (scan !== SCAN.withReference) return value;
    try {
      return this.#reviveIn(value);
    } catch (thrown) {
      const cause = toError(thrown);
      throw new RpcError(
        "bad-message",
        `A reference in the message is malformed: ${cause.message}`,
        { cause },
      );
    }
  }

  #reviveIn(value: unknown): unknown {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) return value.map((item) => this.#reviveIn(item));
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first?.[0] === REFERENCE_KEY && typeof first[1] === "string") {
      return this.#revive(first[1]);
    }
    return Object.fromEntries(entries.map(([key, item]) => [key, this.#reviveIn(item)]));
  }
}
