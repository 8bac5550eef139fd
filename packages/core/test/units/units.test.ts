import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "@aloha/core";

const amounts = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 10_000 }).map((count) => count * 60_000),
  fc.nat(2000).map((count) => count * 1024 ** 3),
);

describe("durations", () => {
  it.each([
    ["30s", 30_000],
    ["500ms", 500],
    ["5m", 300_000],
    ["5min", 300_000],
    ["1.5h", 5_400_000],
    ["7 d", 604_800_000],
    [" 2H ", 7_200_000],
    ["60", 60_000],
    [60, 60_000],
    [0.5, 500],
    ["0", 0],
  ])("reads %j", (text, expected) => {
    expect(parseDuration(text, "s")).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["", "not a duration"],
    ["-5s", "is negative"],
    ["5 parsecs", 'unknown unit "parsecs"'],
    ["1s30", "not a duration"],
    ["0.1ms", "not a whole number of milliseconds"],
    ["99999999999999999d", "too large"],
    [Number.NaN, "not a duration"],
    [Infinity, "not a duration"],
    ["constructor", "not a duration"],
  ])("refuses %j and says why", (text, reason) => {
    expect(parseDuration(text, "s")).toMatchObject({
      ok: false,
      message: expect.stringContaining(reason),
    });
  });

  it("are read back as they were written", () => {
    fc.assert(
      fc.property(amounts, (durationMs) => {
        expect(parseDuration(formatDuration(durationMs), "s")).toEqual({
          ok: true,
          value: durationMs,
        });
      }),
    );
  });

  it("are written in the largest unit that divides them", () => {
    expect([0, 1500, 90_000, 604_800_000].map(formatDuration)).toEqual([
      "0ms",
      "1500ms",
      "90s",
      "7d",
    ]);
  });
});

describe("sizes", () => {
  it.each([
    ["1000M", 1000 * 1024 ** 2],
    ["2G", 2 * 1024 ** 3],
    ["2g", 2 * 1024 ** 3],
    ["64MiB", 64 * 1024 ** 2],
    ["64 MB", 64 * 1024 ** 2],
    ["10Gi", 10 * 1024 ** 3],
    ["512kb", 512 * 1024],
    ["1t", 1024 ** 4],
    ["7B", 7],
    ["1.5g", 1.5 * 1024 ** 3],
    ["1024", 1024 ** 3],
    [1024, 1024 ** 3],
  ])("reads %j", (text, expected) => {
    expect(parseBytes(text, "MiB")).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["0.1g", "not a whole number of bytes"],
    ["1x", 'unknown unit "x"'],
    ["-1g", "is negative"],
    ["9999999t", "too large"],
    ["g", "not a size"],
  ])("refuses %j and says why", (text, reason) => {
    expect(parseBytes(text, "MiB")).toMatchObject({
      ok: false,
      message: expect.stringContaining(reason),
    });
  });

  it("are read back as they were written", () => {
    fc.assert(
      fc.property(amounts, (bytes) => {
        expect(parseBytes(formatBytes(bytes), "MiB")).toEqual({ ok: true, value: bytes });
      }),
    );
  });

  it("never throw, whatever is written", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double()), (input) => {
        expect(typeof parseBytes(input, "B").ok).toBe("boolean");
        expect(typeof parseDuration(input, "ms").ok).toBe("boolean");
      }),
    );
  });
});
