import type { Parsed } from "./parsed.ts";
import { formatScaled, parseScaled } from "./scaled-amount.ts";

export type BytesUnit = "B" | "KiB" | "MiB" | "GiB" | "TiB";

const kibi = 1024;
const mebi = 1024 ** 2;
const gibi = 1024 ** 3;
const tebi = 1024 ** 4;

const scale = {
  what: "a size",
  smallestUnit: "bytes",
  allowed: "a number with B, K (KB, KiB), M, G or T in powers of 1024, e.g. 64MiB",
  factors: new Map([
    ["b", 1],
    ...spellings("k", kibi),
    ...spellings("m", mebi),
    ...spellings("g", gibi),
    ...spellings("t", tebi),
  ]),
};

const written = [
  ["TiB", tebi],
  ["GiB", gibi],
  ["MiB", mebi],
  ["KiB", kibi],
  ["B", 1],
] as const;

/**
 * Bytes in `1000M`, `2g`, `64MiB`, `512KB`, `10Gi`: every spelling is a power of 1024, as the JVM and
 * Spark read them, also where Kubernetes would read a power of 1000. A number without a unit, or
 * a number, counts `bareUnit`s. Negative amounts are refused.
 */
export function parseBytes(input: string | number, bareUnit: BytesUnit): Parsed<number> {
  return parseScaled(input, bareUnit.toLowerCase(), scale);
}

/** The shortest exact text for a whole number of bytes: `parseBytes` reads it back unchanged. */
export function formatBytes(bytes: number): string {
  return formatScaled(bytes, written);
}

function spellings(letter: string, factor: number): (readonly [string, number])[] {
  return [letter, `${letter}b`, `${letter}i`, `${letter}ib`].map(
    (spelling) => [spelling, factor] as const,
  );
}
