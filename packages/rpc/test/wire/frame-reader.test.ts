import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, FRAME_LENGTH_MIN, HEADER_BYTES, writeHeader } from "../../src/wire/frame.ts";
import { FrameReader } from "../../src/wire/frame-reader.ts";

const FRAME_BYTES_MAX = 64 * 1024;

function frame(body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  writeHeader(bytes, 0, body.length, FRAME.send, 1, 2);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function reader(frameBytesMax = FRAME_BYTES_MAX): {
  readonly frames: Buffer[];
  readonly reader: FrameReader;
} {
  const frames: Buffer[] = [];
  return {
    frames,
    reader: new FrameReader(frameBytesMax, (bytes, start, end) =>
      frames.push(Buffer.from(bytes.subarray(start, end))),
    ),
  };
}

describe("the frame reader", () => {
  it("gives the same frames wherever the stream is cut in two", () => {
    const sent = ["", "a", "some body", "x".repeat(300)].map((text) => frame(Buffer.from(text)));
    const stream = Buffer.concat(sent);
    for (let cut = 0; cut <= stream.length; cut++) {
      const { frames, reader: cutting } = reader();
      expect(cutting.push(stream.subarray(0, cut))).toBeUndefined();
      expect(cutting.push(stream.subarray(cut))).toBeUndefined();
      expect(frames).toEqual(sent);
    }
  });

  it("gives the same frames however the stream is cut", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 20_000 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        bodies,
        fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1 }),
        (all, sizes) => {
          const sent = all.map((body) => frame(body));
          const stream = Buffer.concat(sent);
          const { frames, reader: cutting } = reader();
          let position = 0;
          for (let turn = 0; position < stream.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            expect(cutting.push(stream.subarray(position, position + size))).toBeUndefined();
            position += size;
          }
          expect(frames).toEqual(sent);
        },
      ),
    );
  });

  it("gives the same frames byte by byte", () => {
    const sent = [frame(Buffer.from("one")), frame(Buffer.alloc(0)), frame(Buffer.from("three"))];
    const { frames, reader: cutting } = reader();
    for (const byte of Buffer.concat(sent)) cutting.push(Buffer.from([byte]));
    expect(frames).toEqual(sent);
  });

  it.each([
    ["0", Buffer.from([0, 0, 0, 0])],
    ["one below the smallest", Buffer.from([0, 0, 0, FRAME_LENGTH_MIN - 1])],
    ["-1", Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ["2^31", Buffer.from([0x80, 0, 0, 0])],
    ["2^62, as eight bytes", Buffer.from([0x40, 0, 0, 0, 0, 0, 0, 0])],
    ["what a web browser says", Buffer.from("GET / HTTP/1.1\r\n")],
  ])("refuses the length %s, in one piece or byte by byte", (_what, bytes) => {
    const whole = reader();
    expect(whole.reader.push(bytes)).toContain("allowed are");
    const cut = reader();
    const problems = [...bytes].map((byte) => cut.reader.push(Buffer.from([byte])));
    expect(problems.findIndex((problem) => problem !== undefined)).toBe(3);
    expect([...whole.frames, ...cut.frames]).toEqual([]);
  });

  it("takes a frame of exactly the limit and refuses one byte more before it has its body", () => {
    const limit = 1_000;
    const fits = frame(Buffer.alloc(limit - FRAME_LENGTH_MIN));
    const tooLong = frame(Buffer.alloc(limit - FRAME_LENGTH_MIN + 1));
    const { frames, reader: limited } = reader(limit);
    expect(limited.push(fits)).toBeUndefined();
    expect(frames).toEqual([fits]);
    expect(limited.push(tooLong.subarray(0, 4))).toContain("1001 bytes");
  });

  it("hands on nothing after it was stopped, though it has arrived", () => {
    const seen: number[] = [];
    const stopping: FrameReader = new FrameReader(FRAME_BYTES_MAX, (_bytes, start) => {
      seen.push(start);
      stopping.stop();
    });
    stopping.push(Buffer.concat([frame(Buffer.from("a")), frame(Buffer.from("b"))]));
    stopping.push(frame(Buffer.from("c")));
    expect(seen).toEqual([0]);
  });
});
