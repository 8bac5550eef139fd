import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { RpcError } from "../../src/rpc-error.ts";
import { Codec } from "../../src/wire/codec.ts";
import { VALUE_DEPTH_MAX } from "../../src/wire/plain-scan.ts";

const codec = new Codec((url) => ({ revived: url }));

function decode(bytes: Uint8Array): unknown {
  return codec.decode(bytes, 0, bytes.length);
}

/** Text that UTF-8 can carry: no half surrogate pairs. */
const text = fc.string({ unit: "grapheme", maxLength: 300 });
const plain = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false, undefined),
    text,
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map((number) => (number === 0 ? 0 : number)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(
      text.filter((key) => key !== "__proto__" && key !== "$ref"),
      tie("value"),
      { maxKeys: 20, noNullPrototype: true },
    ),
  ),
})).value;

describe("the codec", () => {
  it("gives back every plain value, wherever it lies in the bytes", () => {
    fc.assert(
      fc.property(plain, fc.nat(200), fc.nat(200), (value, before, after) => {
        const body = Buffer.from(codec.encode(value));
        const bytes = Buffer.concat([Buffer.alloc(before, 0xff), body, Buffer.alloc(after, 0xff)]);
        expect(asArrays(codec.decode(bytes, before, before + body.length))).toEqual(
          asArrays(value),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("refuses every beginning of a value, and every value with more behind it", () => {
    fc.assert(
      fc.property(plain, fc.nat(), (value, cut) => {
        const body = Buffer.from(codec.encode(value));
        expect(() => decode(body.subarray(0, cut % body.length))).toThrow(RpcError);
        expect(() => decode(Buffer.concat([body, Buffer.from([0])]))).toThrow(
          "bytes follow its end",
        );
      }),
    );
  });

  it("never fails otherwise than with bad-message, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: "RpcError", code: "bad-message" });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["a date", [0xd6, 0xff, 0, 0, 0, 0]],
    ["a regular expression", [0xc7, 0x05, 0x78, 0x92, 0xa1, 0x61, 0xa1, 0x67]],
    ["a set", [0xd4, 0x73, 0x90]],
    ["an error", [0xd4, 0x65, 0, 0x93, 0xa5, 0x45, 0x72, 0x72, 0x6f, 0x72, 0xa1, 0x78, 0xc0]],
    ["a record definition", [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01]],
    ["a bundle of texts", [0xd6, 0x62, 0, 0, 0, 5, 0xc0]],
    ["a shared object", [0xd6, 0x69, 0, 0, 0, 1, 0x80]],
    ["a byte that MessagePack never uses", [0xc1]],
    ["a big integer by extension", [0xc7, 0x01, 0x42, 0x01]],
  ])("does not decode %s", (_what, bytes) => {
    expect(() => decode(Buffer.from(bytes))).toThrow("something other than plain values");
  });

  it("refuses a key that reaches the prototype, however its text is written", () => {
    const key = Buffer.from("__proto__");
    for (const head of [[0xa9], [0xd9, 9], [0xda, 0, 9], [0xdb, 0, 0, 0, 9]]) {
      const bytes = Buffer.concat([Buffer.from([0x81, ...head]), key, Buffer.from([0x80])]);
      expect(() => decode(bytes)).toThrow('the key "__proto__"');
    }
    expect(() =>
      decode(codec.encode(JSON.parse('{"a":[{"__proto__":{"isAdmin":true}}]}'))),
    ).toThrow('the key "__proto__"');
  });

  it("refuses keys that are no text", () => {
    expect(() => decode(Buffer.from([0x81, 0x01, 0x01]))).toThrow("key is not text");
  });

  it("refuses counts and lengths that the bytes do not bear out", () => {
    for (const token of [0xc6, 0xdb, 0xdd, 0xdf]) {
      for (const count of [0x7f_ff_ff_ff, 0xff_ff_ff_ff]) {
        const bytes = Buffer.alloc(64);
        bytes[0] = token;
        bytes.writeUInt32BE(count, 1);
        expect(() => decode(bytes)).toThrow(RpcError);
      }
    }
  });

  it(`takes ${VALUE_DEPTH_MAX} levels and no more`, () => {
    const nested = (levels: number): Uint8Array =>
      Buffer.concat([Buffer.alloc(levels - 1, 0x91), Buffer.from([0x90])]);
    expect(decode(nested(VALUE_DEPTH_MAX))).toBeInstanceOf(Array);
    expect(() => decode(nested(VALUE_DEPTH_MAX + 1))).toThrow("nested too deeply");
    expect(() => decode(nested(1_000_000))).toThrow("nested too deeply");
  });

  it("gives bytes of their own, not a view of the network's buffer", () => {
    const bytes = Buffer.from(codec.encode(Buffer.from("abc")));
    const value = decode(bytes);
    bytes.fill(0);
    expect(Buffer.from(value instanceof Uint8Array ? value : []).toString()).toBe("abc");
  });

  it("makes references whole again, deep inside, and only where they are", () => {
    const ref = { $ref: "aloha://a@h:1" };
    expect(decode(codec.encode({ list: [ref], also: { $ref: "x", more: 1 } }))).toEqual({
      list: [{ revived: "aloha://a@h:1" }],
      also: { $ref: "x", more: 1 },
    });
  });

  it("says so when something cannot be encoded, and still works afterwards", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(() => codec.encode({ value: Symbol("x") })).toThrow(RpcError);
    expect(() => codec.encode(circle)).toThrow(RpcError);
    expect(() => codec.encode(2n ** 70n)).toThrow(RpcError);
    expect(decode(codec.encode({ fine: true }))).toEqual({ fine: true });
  });

  it("shares its encoder's memory with others without harm", () => {
    const other = new Packr({ useRecords: false });
    const mine = Buffer.from(codec.encode({ text: "mine" }));
    other.pack({ text: "theirs".repeat(1_000) });
    expect(decode(mine)).toEqual({ text: "mine" });
  });
});

/** Buffers and Uint8Arrays compare as lists. */
function asArrays(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map((item) => asArrays(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, item]) => [key, asArrays(item)]);
}
