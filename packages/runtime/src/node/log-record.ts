import type { LogFields } from "../logger.ts";

/** How grave a record is, from least to most. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** How grave a record is. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a logger writes, ready for JSON: no cycles, no secrets, nothing long. */
export type LogValue =
  | string
  | number
  | boolean
  | null
  | readonly LogValue[]
  | { readonly [key: string]: LogValue };

/** Field names whose values are never written. A net below the rule that secrets are not logged at all. */
const SECRET_NAME = /secret|password|passwd|token|authorization|cookie|credential|private_?key/i;

const TEXT_LENGTH_MAX = 8192;
const LIST_LENGTH_MAX = 100;
const DEPTH_MAX = 5;

/** The fields as plain data. Never throws: a log line must not end a process. */
export function printableFields(fields: LogFields): { readonly [key: string]: LogValue } {
  return printableObject(fields, 0);
}

/** `text`, cut to 8 KiB. */
export function cutText(text: string): string {
  if (text.length <= TEXT_LENGTH_MAX) return text;
  return `${text.slice(0, TEXT_LENGTH_MAX)}... (${text.length - TEXT_LENGTH_MAX} more characters)`;
}

function printable(value: unknown, depth: number): LogValue {
  switch (typeof value) {
    case "string":
      return cutText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
    case "symbol":
      return String(value);
    case "undefined":
      return null;
    case "function":
      return "[function]";
    case "object":
      return value === null ? null : printableReference(value, depth);
    default:
      return "[unprintable]";
  }
}

function printableReference(value: object, depth: number): LogValue {
  if (depth >= DEPTH_MAX) return "[too deep]";
  if (value instanceof Error) return printableError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return printableEntries(value.entries(), depth);
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...value];
    const shown = items.slice(0, LIST_LENGTH_MAX).map((item) => printable(item, depth + 1));
    return items.length > LIST_LENGTH_MAX
      ? [...shown, `... ${items.length - LIST_LENGTH_MAX} more`]
      : shown;
  }
  return printableObject(value, depth);
}

function printableError(error: Error, depth: number): LogValue {
  return {
    name: error.name,
    message: cutText(error.message),
    ...("code" in error ? { code: printable(error.code, depth + 1) } : {}),
    ...(error.stack === undefined ? {} : { stack: cutText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: printable(error.cause, depth + 1) }),
    ...(error instanceof AggregateError ? { errors: printable(error.errors, depth + 1) } : {}),
  };
}

function printableObject(value: object, depth: number): { readonly [key: string]: LogValue } {
  try {
    return printableEntries(Object.entries(value), depth);
  } catch {
    // A getter or proxy that throws.
    return { unprintable: true };
  }
}

function printableEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  depth: number,
): { readonly [key: string]: LogValue } {
  const shown: Record<string, LogValue> = {};
  let count = 0;
  for (const [rawKey, value] of entries) {
    if (value === undefined) continue;
    if (count++ >= LIST_LENGTH_MAX) break;
    const key = cutText(String(rawKey));
    shown[key] = SECRET_NAME.test(key) ? "[redacted]" : printable(value, depth + 1);
  }
  return shown;
}
