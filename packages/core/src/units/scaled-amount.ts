import { parsed, unparsed } from "./parsed.ts";
import type { Parsed } from "./parsed.ts";
import { quote } from "./quote.ts";

/** How amounts of one kind are written: each unit's spellings (lower case) with its factor. */
export interface Scale {
  /** "a duration", "a size": for messages. */
  readonly what: string;
  readonly smallestUnit: string;
  /** Examples of what is allowed: for messages. */
  readonly allowed: string;
  readonly factors: ReadonlyMap<string, number>;
}

const pattern = /^([0-9]{1,20})(?:\.([0-9]{1,20}))?\s*([a-z]*)$/;

/**
 * Reads `<number>[<unit>]` into a whole number of the smallest unit, exactly: `1.5h` is fine, and
 * a fraction that leaves a part of the smallest unit is refused instead of rounded.
 */
export function parseScaled(
  input: string | number,
  bareUnit: string,
  scale: Scale,
): Parsed<number> {
  if (typeof input === "number" && !Number.isFinite(input)) {
    return unparsed(`${quote(input)} is not ${scale.what}; allowed are ${scale.allowed}`);
  }
  const text = String(input).trim().toLowerCase();
  if (text.startsWith("-"))
    return unparsed(`${quote(input)} is negative; allowed are ${scale.allowed}`);
  const match = pattern.exec(text);
  if (match === null)
    return unparsed(`${quote(input)} is not ${scale.what}; allowed are ${scale.allowed}`);
  const unit = match[3] === "" ? bareUnit : match[3]!;
  const factor = scale.factors.get(unit);
  if (factor === undefined) {
    return unparsed(
      `${quote(input)} has the unknown unit ${quote(unit)}; allowed are ${scale.allowed}`,
    );
  }
  const fraction = match[2] ?? "";
  const divisor = 10n ** BigInt(fraction.length);
  const scaled = BigInt(match[1]! + fraction) * BigInt(factor);
  if (scaled % divisor !== 0n) {
    return unparsed(
      `${quote(input)} is not a whole number of ${scale.smallestUnit}; use a smaller unit`,
    );
  }
  const value = scaled / divisor;
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    return unparsed(
      `${quote(input)} is too large: at most ${Number.MAX_SAFE_INTEGER} ${scale.smallestUnit}`,
    );
  }
  return parsed(Number(value));
}

/** Writes an amount in the largest of these units that divides it, so that reading it gives the same amount again. */
export function formatScaled(
  amount: number,
  units: readonly (readonly [string, number])[],
): string {
  for (const [unit, factor] of units) {
    if (amount >= factor && amount % factor === 0) return `${amount / factor}${unit}`;
  }
  return `${amount}${units.at(-1)![0]}`;
}
