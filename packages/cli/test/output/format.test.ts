import { expect, it } from "vitest";
import { formatAge, formatSeconds, formatTime } from "../../src/output/format-age.ts";
import { formatCores, formatMemory } from "../../src/output/format-amount.ts";
import { printable } from "../../src/output/printable.ts";
import { wantsColor } from "../../src/output/paint.ts";

it.each([
  [-5, "0s"],
  [340, "340ms"],
  [12_900, "12s"],
  [60_000, "1m"],
  [200_000, "3m 20s"],
  [18_420_000, "5h 7m"],
  [1_051_200_000, "12d 4h"],
])("writes a span of %i ms as %s", (spanMs, text) => {
  expect(formatAge(spanMs)).toBe(text);
});

it("writes times, cores and memory for people", () => {
  expect(formatTime(0)).toBe("1970-01-01 00:00:00 UTC");
  expect(formatSeconds(412)).toBe("0.41 s");
  expect([formatCores(1000), formatCores(1)]).toEqual(["1", "0.001"]);
  expect([formatMemory(256), formatMemory(1024), formatMemory(1536)]).toEqual([
    "256 MiB",
    "1 GiB",
    "1.5 GiB",
  ]);
});

it("escapes what would repaint the terminal, forge lines or turn text around", () => {
  expect(printable("a\u001b]52;c;x\u0007\n\r\u202eb\u009bZ")).toBe(
    "a\\u001b]52;c;x\\u0007\\u000a\\u000d\\u202eb\\u009bZ",
  );
  expect(printable("plain é 中文")).toBe("plain é 中文");
});

it("colours terminals only, and never against NO_COLOR", () => {
  expect(wantsColor(true, {})).toBe(true);
  expect(wantsColor(false, {})).toBe(false);
  expect(wantsColor(true, { TERM: "dumb" })).toBe(false);
  expect(wantsColor(true, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColor(false, { FORCE_COLOR: "1" })).toBe(true);
  expect(wantsColor(true, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
});
