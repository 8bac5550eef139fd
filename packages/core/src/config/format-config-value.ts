import { formatBytes } from "../units/bytes.ts";
import { formatDuration } from "../units/duration.ts";
import type { AnyConfigValue, ConfigKey } from "./config-key.ts";

/** A value as it may be written: `parseConfigValue` reads it back unchanged. None is an empty text. */
export function formatConfigValue(key: ConfigKey, value: AnyConfigValue): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.join(",");
  if (typeof value === "number" && key.type === "duration") return formatDuration(value);
  if (typeof value === "number" && key.type === "bytes") return formatBytes(value);
  return String(value);
}
