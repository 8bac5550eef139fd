import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogPolicy } from "@aloha/core";
import { silentLogger } from "@aloha/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RollingFile } from "../../src/output/rolling-file.ts";
import { SegmentCompressor } from "../../src/output/segment-compressor.ts";

const minuteMs = 60_000;

let directory: string;
let nowMs: number;
const opened: RollingFile[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "aloha-rolling-"));
  nowMs = Date.UTC(2026, 0, 20, 12, 0, 50);
});

afterEach(() => {
  for (const file of opened.splice(0)) file.close();
  rmSync(directory, { recursive: true });
});

function open(changes: Partial<LogPolicy>): RollingFile {
  const file = new RollingFile({
    directory,
    stream: "stdout",
    policy: { segmentBytes: null, rollEveryMs: minuteMs, keep: null, compress: false, ...changes },
    compressor: new SegmentCompressor(silentLogger),
    wallMs: () => nowMs,
  });
  opened.push(file);
  return file;
}

const write = (file: RollingFile, text: string): number => file.writeNow(Buffer.from(text));

/** What is in each file, rolled ones first. */
const content = (): readonly string[] =>
  readdirSync(directory)
    .toSorted(
      (one, other) =>
        Number(one === "stdout") - Number(other === "stdout") || (one < other ? -1 : 1),
    )
    .map((name) => readFileSync(join(directory, name), "utf8"));

test("a file is rolled by the first write after its period, which ends at a multiple of its length", () => {
  const file = open({});
  write(file, "50 ");
  nowMs += 9_999;
  write(file, "59 ");
  expect(content()).toEqual(["50 59 "]);
  nowMs += 1;
  write(file, "60 ");
  expect(content()).toEqual(["50 59 ", "60 "]);
  nowMs += minuteMs - 1;
  write(file, "119 ");
  expect(content()).toEqual(["50 59 ", "60 119 "]);
});

test("nothing is kept of periods in which nothing was written", () => {
  const file = open({});
  nowMs += 5 * minuteMs;
  write(file, "one ");
  nowMs += 5 * minuteMs;
  expect(content()).toEqual(["one "]);
  write(file, "two");
  expect(content()).toEqual(["one ", "two"]);
});

test("a file that an earlier process left belongs to the period of its last write", () => {
  write(open({}), "left ");
  const path = join(directory, "stdout");
  utimesSync(path, nowMs / 1000, nowMs / 1000);
  write(open({}), "same minute ");
  expect(content()).toEqual(["left same minute "]);
  utimesSync(path, nowMs / 1000, nowMs / 1000);
  nowMs += minuteMs;
  write(open({}), "next minute");
  expect(content()).toEqual(["left same minute ", "next minute"]);
});

test("periods and a size may both apply, and old files go by their number", () => {
  const file = open({ segmentBytes: 4, keep: 2 });
  for (const text of ["aaaa", "bb"]) write(file, text);
  expect(content()).toEqual(["aaaa", "bb"]);
  nowMs += minuteMs;
  for (const text of ["cccc", "dd"]) write(file, text);
  expect(content()).toEqual(["bb", "cccc", "dd"]);
  expect(existsSync(join(directory, "stdout.000000000000000"))).toBe(false);
});

test("without size and period a file is never rolled", () => {
  const file = open({ rollEveryMs: null });
  for (let day = 0; day < 3; day++) {
    write(file, "x".repeat(100_000));
    nowMs += 1440 * minuteMs;
  }
  expect(content().map(({ length }) => length)).toEqual([300_000]);
});

test("a clock that is set back rolls nothing, and delays the next file at most until it is where it was", () => {
  const file = open({});
  write(file, "a");
  nowMs -= 30 * minuteMs;
  write(file, "b");
  expect(content()).toEqual(["ab"]);
  nowMs += 31 * minuteMs;
  write(file, "c");
  expect(content()).toEqual(["ab", "c"]);
});
