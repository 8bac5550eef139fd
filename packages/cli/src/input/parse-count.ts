import { AlohaError, quote } from "@aloha/core/vocabulary";

/** A whole number of at least `min` that a flag was given; throws AlohaError (`invalid-argument`) that names the flag. */
export function parseCount(flag: string, text: string, min: number): number {
  const value = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min) return value;
  throw new AlohaError(
    "invalid-argument",
    `${flag} must be a whole number of at least ${min}, but is ${quote(text)}`,
  );
}
