import { expect, test } from "vitest";
import { encodeFrame, FrameReader } from "../../src/socket/frames.ts";
import { toCommand } from "../../src/socket/to-command.ts";

test("frames come out whole however the bytes are cut", () => {
  const values = [{ kind: "a", text: "ä\n" }, { kind: "b" }, { kind: "c", list: [1, 2] }];
  const bytes = Buffer.from(values.map(encodeFrame).join(""));
  for (const size of [1, 2, 7, bytes.length]) {
    const reader = new FrameReader();
    const read: object[] = [];
    for (let at = 0; at < bytes.length; at += size)
      read.push(...reader.read(bytes.subarray(at, at + size)));
    expect(read).toEqual(values);
  }
});

test("what is no JSON object, and a line beyond the limit, is refused", () => {
  expect(() => new FrameReader().read(Buffer.from("nonsense\n"))).toThrow("not JSON");
  expect(() => new FrameReader().read(Buffer.from("7\n"))).toThrow("not an object");
  const reader = new FrameReader();
  const part = Buffer.alloc(1024 * 1024, 0x20);
  expect(() => {
    for (let count = 0; count < 40; count++) reader.read(part);
  }).toThrow("exceeds");
});

test("a command with a field missing or of another kind is refused", () => {
  expect(toCommand({ kind: "stamp", stamp: 3 })).toEqual({ kind: "stamp", stamp: 3 });
  expect(() => toCommand({ kind: "stamp" })).toThrow("incomplete");
  expect(() => toCommand({ kind: "forget", attempts: ["no key"] })).toThrow("incomplete");
  expect(() => toCommand({ kind: "toString" })).toThrow("unknown");
});
