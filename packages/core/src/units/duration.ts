import type { Parsed } from "./parsed.ts";
import { formatScaled, parseScaled } from "./scaled-amount.ts";

export type DurationUnit = "ms" | "s" | "m" | "h" | "d";

const scale = {
  what: "a duration",
  smallestUnit: "milliseconds",
  allowed: "a number with ms, s, m (or min), h or d, e.g. 30s",
  factors: new Map([
    ["ms", 1],
    ["s", 1000],
    ["m", 60_000],
    ["min", 60_000],
    ["h", 3_600_000],
    ["d", 86_400_000],
  ]),
};

const written = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

/**
 * Milliseconds in `30s`, `500ms`, `5m` or `5min`, `1.5h`, `7d`; a number without a unit, or a
 * number, counts `bareUnit`s. Upper case is allowed, negative amounts are not.
 */
export function parseDuration(input: string | number, bareUnit: DurationUnit): Parsed<number> {
  return parseScaled(input, bareUnit, scale);
}

/** The shortest exact text for a whole number of milliseconds: `parseDuration` reads it back unchanged. */
export function formatDuration(durationMs: number): string {
  return formatScaled(durationMs, written);
}
