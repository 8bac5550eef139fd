import { formatBytes, parseBytes } from "../units/bytes.ts";
import type { BytesUnit } from "../units/bytes.ts";
import { formatDuration, parseDuration } from "../units/duration.ts";
import type { Parsed } from "../units/parsed.ts";
import type { FieldType } from "./field-type.ts";

const controlCharacter = /\p{Cc}/u;
const loneSurrogate = /\p{Surrogate}/u;
const endsInUnit = /[a-z]\s*$/i;

export const flag: FieldType<boolean> = {
  schema: { type: "boolean" },
  read: (written, place) =>
    typeof written === "boolean" ? written : place.mustBe("true or false", written),
};

export function integer(min: number, max: number): FieldType<number> {
  return {
    schema: { type: "integer", minimum: min, maximum: max },
    read(written, place) {
      const fits =
        typeof written === "number" &&
        Number.isSafeInteger(written) &&
        written >= min &&
        written <= max;
      return fits ? written : place.mustBe(`a whole number from ${min} to ${max}`, written);
    },
  };
}

/** A number in thousandths: 0.001 becomes 1. Finer fractions are refused, not rounded. */
export function thousandths(max: number): FieldType<number> {
  const allowed = `a number from 0.001 to ${max} with at most three decimals`;
  return {
    schema: { type: "number", minimum: 0.001, maximum: max, multipleOf: 0.001 },
    read(written, place) {
      if (typeof written !== "number" || !(written >= 0.001 && written <= max))
        return place.mustBe(allowed, written);
      const rounded = Math.round(written * 1000);
      // The nearest double to n/1000, times 1000, is within this of n for every n that `max` allows.
      return Math.abs(written * 1000 - rounded) < 1e-6 ? rounded : place.mustBe(allowed, written);
    },
  };
}

/** One line of text: no control characters. */
export function line(lengthMax: number): FieldType<string> {
  const allowed = `a text of 1 to ${lengthMax} characters`;
  return {
    schema: { type: "string", minLength: 1, maxLength: lengthMax },
    read(written, place) {
      if (typeof written !== "string" || written === "") return place.mustBe(allowed, written);
      if (written.length > lengthMax)
        return place.refuse(`must be ${allowed}, but has ${written.length}`);
      if (controlCharacter.test(written))
        return place.mustBe("free of control characters", written);
      return loneSurrogate.test(written)
        ? place.refuse("is not valid Unicode: it holds half a character")
        : written;
    },
  };
}

/**
 * Text that a process is given: anything but NUL, which the system cannot pass on. The text is
 * never shown in messages, since such texts may hold secrets.
 */
export const processText: FieldType<string> = {
  schema: { type: "string" },
  read(written, place) {
    if (typeof written !== "string")
      return place.refuse(`must be a text, but is ${kindOf(written)}`);
    if (written.includes("\0")) return place.refuse("must not contain NUL characters");
    return loneSurrogate.test(written)
      ? place.refuse("is not valid Unicode: it holds half a character")
      : written;
  },
};

export function choice<Choice extends string>(choices: readonly Choice[]): FieldType<Choice> {
  return {
    schema: { enum: choices },
    read: (written, place) =>
      choices.find((candidate) => candidate === written) ??
      place.mustBe(`one of ${choices.join(", ")}`, written),
  };
}

/** Milliseconds, written with a unit: a bare number could mean anything. */
export function duration(minMs: number, maxMs: number): FieldType<number> {
  const allowed = `a duration with a unit from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, e.g. "30s"`;
  return {
    schema: { type: "string", pattern: "^[0-9]+(\\.[0-9]+)?\\s*(ms|s|m|min|h|d)$" },
    read: amount(allowed, minMs, maxMs, (text) => parseDuration(text, "ms"), false),
  };
}

/** Bytes, written with a unit; a bare number is allowed where `bareUnit` says what it counts. */
export function size(minBytes: number, maxBytes: number, bareUnit?: BytesUnit): FieldType<number> {
  const bare = bareUnit === undefined ? "" : `, or a number of ${bareUnit}`;
  const allowed = `a size from ${formatBytes(minBytes)} to ${formatBytes(maxBytes)}, e.g. "64MiB"${bare}`;
  return {
    schema:
      bareUnit === undefined
        ? { type: "string", pattern: sizePattern }
        : {
            anyOf: [
              { type: "integer", minimum: 1 },
              { type: "string", pattern: sizePattern },
            ],
          },
    read: amount(
      allowed,
      minBytes,
      maxBytes,
      (text) => parseBytes(text, bareUnit ?? "B"),
      bareUnit !== undefined,
    ),
  };
}

const sizePattern = "^[0-9]+(\\.[0-9]+)?\\s*([bB]|[kKmMgGtT]([iI]?[bB]?)?)?$";

export function nullable<Value>(type: FieldType<Value>): FieldType<Value | null> {
  return {
    schema: { anyOf: [{ type: "null" }, type.schema] },
    read: (written, place) => (written === null ? null : type.read(written, place)),
  };
}

/** Names a value's kind without showing the value. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function amount(
  allowed: string,
  min: number,
  max: number,
  parse: (text: string | number) => Parsed<number>,
  bareAllowed: boolean,
): FieldType<number>["read"] {
  return (written, place) => {
    const isAmount =
      typeof written === "string"
        ? bareAllowed || endsInUnit.test(written)
        : typeof written === "number" && bareAllowed;
    if (!isAmount) return place.mustBe(allowed, written);
    const value = parse(written as string | number);
    if (!value.ok) return place.refuse(`must be ${allowed}: ${value.message}`);
    return value.value >= min && value.value <= max ? value.value : place.mustBe(allowed, written);
  };
}
