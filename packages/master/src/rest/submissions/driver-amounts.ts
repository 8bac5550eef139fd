import { quote } from "@aloha/core";
import { malformed, wholeNumber } from "./submission-fields.ts";

/** What a driver is given of its worker. */
export interface DriverAmounts {
  readonly cores: number;
  readonly memoryMiB: number;
  readonly supervise: boolean;
}

const mebi = 1024 ** 2;
const heapMiBDefault = 1024;
/** What a JVM takes beside its heap, by the rule that Spark has where memory is enforced (`spark.driver.memoryOverhead`). */
const overheadMiBMin = 384;
const overheadFactorDefault = 0.1;
const unitBytes: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["k", 1024],
  ["m", mebi],
  ["g", 1024 ** 3],
  ["t", 1024 ** 4],
  ["p", 1024 ** 5],
]);

/** Reads the properties that have a type. Throws a RequestError (400) that names the one that is wrong. */
export function readDriverAmounts(properties: ReadonlyMap<string, string>): DriverAmounts {
  const read = <Value>(
    name: string,
    parse: (text: string, name: string) => Value,
  ): Value | undefined => {
    const text = properties.get(name);
    return text === undefined ? undefined : parse(text, name);
  };
  // Of no consequence for the driver, but a mistake in them is one here too.
  read("spark.cores.max", wholeNumber);
  read("spark.executor.memory", memory);
  const heapMiB = read("spark.driver.memory", memory) ?? heapMiBDefault;
  const factor = read("spark.driver.memoryOverheadFactor", share) ?? overheadFactorDefault;
  const overheadMiB =
    read("spark.driver.memoryOverhead", overhead) ??
    Math.max(overheadMiBMin, Math.ceil(heapMiB * factor));
  return {
    cores: read("spark.driver.cores", wholeNumber) ?? 1,
    memoryMiB: heapMiB + overheadMiB,
    supervise: read("spark.driver.supervise", flag) ?? false,
  };
}

/** MiB, rounded up; a bare number counts bytes, as in Spark's own server and in the JVM's options. */
function memory(text: string, name: string): number {
  const bytes = bytesOf(text, 1);
  if (bytes !== undefined && bytes >= mebi) return Math.ceil(bytes / mebi);
  throw malformed(
    `'${name}' must be a size of at least 1m with a unit, such as 512m or 2g, not ${quote(text)}.`,
  );
}

/** A bare number counts MiB, as Spark documents it for this property. */
function overhead(text: string, name: string): number {
  const bytes = bytesOf(text, mebi);
  if (bytes !== undefined) return Math.ceil(bytes / mebi);
  throw malformed(`'${name}' must be a size, such as 512m, not ${quote(text)}.`);
}

function bytesOf(text: string, bareUnitBytes: number): number | undefined {
  const [, digits, unit = "", suffix = ""] =
    /^\s*([0-9]{1,15})(?:([kmgtp]?)(i?b)?)\s*$/.exec(text.toLowerCase()) ?? [];
  const factor = unit === "" && suffix === "" ? bareUnitBytes : unitBytes.get(unit);
  if (digits === undefined || factor === undefined) return undefined;
  const bytes = Number(digits) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function share(text: string, name: string): number {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 10) return value;
  throw malformed(`'${name}' must be a number from 0 to 10, not ${quote(text)}.`);
}

function flag(text: string, name: string): boolean {
  const lower = text.toLowerCase();
  if (lower === "true" || lower === "false") return lower === "true";
  throw malformed(`'${name}' must be true or false, not ${quote(text)}.`);
}
