import { formatBytes, parseBytes } from "../units/bytes.ts";
import { formatDuration, parseDuration } from "../units/duration.ts";
import { parsed, unparsed } from "../units/parsed.ts";
import type { Parsed } from "../units/parsed.ts";
import { quote } from "../units/quote.ts";
import type { AnyConfigValue, ConfigKey, DurationKey } from "./config-key.ts";

const decimal = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$/i;

/** Reads one value as its key says. An empty text means "none" where the key knows none. */
export function parseConfigValue(key: ConfigKey, text: string): Parsed<AnyConfigValue> {
  const value = readValue(key, text.trim());
  return value.ok || key.secret !== true
    ? value
    : unparsed("the value is not valid (it is secret and not shown)");
}

function readValue(key: ConfigKey, text: string): Parsed<AnyConfigValue> {
  if (text === "" && key.default === null) return parsed(null);
  switch (key.type) {
    case "duration":
      return within(key, parseTime(text, key), formatDuration);
    case "bytes":
      return within(key, parseBytes(text, key.bareUnit), formatBytes);
    case "integer":
    case "number":
      return within(key, parseNumber(text, key.type), String);
    case "boolean":
      return parseBoolean(text);
    case "string":
      return parsed(text);
    case "list":
      return parsed(
        text
          .split(",")
          .map((item) => item.trim())
          .filter((item) => item !== ""),
      );
    case "choice":
      return parseChoice(text, key.choices);
  }
}

function parseTime(text: string, { bareUnit, words = {} }: DurationKey): Parsed<number> {
  const word = text.toLowerCase();
  if (Object.hasOwn(words, word)) return parsed(words[word]!);
  const time = parseDuration(text, bareUnit);
  const known = Object.keys(words);
  return time.ok || known.length === 0
    ? time
    : unparsed(`${time.message}, or one of ${known.join(", ")}`);
}

function parseNumber(text: string, type: "integer" | "number"): Parsed<number> {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) return unparsed(`${quote(text)} is not a number`);
  if (type === "integer" && !Number.isSafeInteger(value))
    return unparsed(`${quote(text)} is not a whole number`);
  return parsed(value);
}

function parseBoolean(text: string): Parsed<boolean> {
  const lower = text.toLowerCase();
  if (lower === "true") return parsed(true);
  if (lower === "false") return parsed(false);
  return unparsed(`${quote(text)} is neither true nor false`);
}

function parseChoice(text: string, choices: readonly string[]): Parsed<string> {
  const choice = choices.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  return choice === undefined
    ? unparsed(
        `${quote(text)} is not one of ${choices.map((known) => (known === "" ? '""' : known)).join(", ")}`,
      )
    : parsed(choice);
}

function within(
  range: { readonly min?: number; readonly max?: number },
  value: Parsed<number>,
  format: (value: number) => string,
): Parsed<number> {
  if (!value.ok) return value;
  if (range.min !== undefined && value.value < range.min) {
    return unparsed(`${format(value.value)} is too small: at least ${format(range.min)}`);
  }
  if (range.max !== undefined && value.value > range.max) {
    return unparsed(`${format(value.value)} is too large: at most ${format(range.max)}`);
  }
  return value;
}
