import { AlohaError, quote } from "@aloha/core/vocabulary";

const portMax = 65_535;

/** A TCP port that a flag was given; throws AlohaError (`invalid-argument`) that names the flag. */
export function parsePort(flag: string, text: string): number {
  const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= portMax) return value;
  throw new AlohaError(
    "invalid-argument",
    `${flag} must be a port from 1 to ${portMax}, but is ${quote(text)}`,
  );
}
