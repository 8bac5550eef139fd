import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@aloha/runtime";
import { readOutput, type OutputSlice } from "@aloha/supervisor";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RollingFile } from "../../src/output/rolling-file.ts";
import { SegmentCompressor } from "../../src/output/segment-compressor.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "aloha-output-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

const openFile = (keep: number, compress = false): RollingFile =>
  new RollingFile({
    directory,
    stream: "stdout",
    policy: { segmentBytes: 100, rollEveryMs: null, keep, compress },
    compressor: new SegmentCompressor(silentLogger),
    wallMs: () => Date.now(),
  });

function write(file: RollingFile, text: string): void {
  for (let bytes = Buffer.from(text); bytes.length > 0;)
    bytes = bytes.subarray(file.writeNow(bytes));
}

/** Numbered lines of ten bytes, so that every offset says what is there. */
const lines = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, index) => `${String(from + index).padStart(9, "0")}\n`,
  ).join("");

async function readAll(offset: number): Promise<string> {
  let text = "";
  for (let at = offset; ;) {
    const slice = await readOutput(directory, "stdout", at, 37);
    if (slice.kind !== "read") throw new Error(`unexpected ${slice.kind}`);
    if (slice.bytes.length === 0) return text;
    text += slice.bytes.toString();
    at = slice.nextOffset;
  }
}

const kindAndFirst = (slice: OutputSlice) =>
  slice.kind === "no-output" ? [slice.kind] : [slice.kind, slice.firstOffset, slice.sizeBytes];

test("an offset means the same before and after rolling", async () => {
  const file = openFile(20);
  write(file, lines(0, 95));
  expect(await readAll(0)).toBe(lines(0, 95));
  expect(await readAll(777)).toBe(lines(0, 95).slice(777));
  expect(readdirSync(directory).filter((name) => name !== "stdout")[0]).toBe(
    "stdout.000000000000000",
  );
  file.close();
});

test("only so many segments are kept, and an older offset is told where output begins", async () => {
  const file = openFile(2);
  write(file, lines(0, 55));
  expect(kindAndFirst(await readOutput(directory, "stdout", 0, 10))).toEqual(["trimmed", 300, 550]);
  expect(await readAll(300)).toBe(lines(30, 55));
  file.close();
});

test("with no segment kept the offsets go on", async () => {
  const file = openFile(0);
  write(file, lines(0, 25));
  expect(kindAndFirst(await readOutput(directory, "stdout", 199, 10))).toEqual([
    "trimmed",
    200,
    250,
  ]);
  expect(await readAll(200)).toBe(lines(20, 25));
  file.close();
});

test("a later attempt appends", async () => {
  const first = openFile(5);
  write(first, lines(0, 25));
  first.close();
  const second = openFile(5);
  write(second, lines(25, 40));
  expect(await readAll(0)).toBe(lines(0, 40));
  second.close();
});

test("compressed segments read the same", async () => {
  const file = openFile(20, true);
  write(file, lines(0, 42));
  while (
    !existsSync(join(directory, "stdout.000000000000300.gz")) ||
    existsSync(join(directory, "stdout.000000000000300"))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(readdirSync(directory).sort().slice(0, 2)).toEqual([
    "stdout",
    "stdout.000000000000000.gz",
  ]);
  expect(await readAll(0)).toBe(lines(0, 42));
  expect(await readAll(155)).toBe(lines(0, 42).slice(155));
  file.close();
});

test("beyond the end, and where nothing was written, are answers of their own", async () => {
  expect(kindAndFirst(await readOutput(directory, "stdout", 0, 10))).toEqual(["no-output"]);
  const file = openFile(2);
  expect(kindAndFirst(await readOutput(directory, "stdout", 0, 10))).toEqual(["read", 0, 0]);
  expect(kindAndFirst(await readOutput(directory, "stdout", 1, 10))).toEqual(["beyond-end", 0, 0]);
  file.close();
});

test("no line is lost or repeated while the file is being written and rolled", async () => {
  const file = openFile(1_000);
  let text = "";
  let offset = 0;
  for (let written = 0; written < 600 || text.length < 6_000;) {
    if (written < 600) write(file, lines(written, (written += 3)));
    const slice = await readOutput(directory, "stdout", offset, 64);
    if (slice.kind !== "read") throw new Error(slice.kind);
    text += slice.bytes.toString();
    offset = slice.nextOffset;
  }
  expect(text).toBe(lines(0, 600));
  file.close();
});
