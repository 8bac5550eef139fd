import { quote } from "../units/quote.ts";
import { configProblem } from "./config-entry.ts";
import type { ConfigEntry, ConfigProblem } from "./config-entry.ts";

export interface ConfigText {
  readonly entries: readonly ConfigEntry[];
  readonly errors: readonly ConfigProblem[];
}

/** A name ends at the first `=`, or at white space; what follows, trimmed, is the value. */
const line = /^([^\s=]+)(?:\s*=\s*|\s+)(.*)$/;

/**
 * Reads `key=value` and `key value` lines. Blank lines and lines that begin with `#` are
 * skipped; a `#` later in a line belongs to the value, since addresses contain it. `file` is named in errors and origins.
 */
export function parseConfigText(text: string, file: string): ConfigText {
  const entries: ConfigEntry[] = [];
  const errors: ConfigProblem[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    const origin = { kind: "file", file, line: index + 1 } as const;
    const match = line.exec(content);
    if (match === null)
      errors.push(configProblem(origin, `${quote(content)} has no value: write key=value`));
    else entries.push({ name: match[1]!, text: match[2]!, origin });
  }
  return { entries, errors };
}

/** Reads the `aloha.x=y` of `-Daloha.x=y`; a name alone means `true`, as the JVM's users know it from flags. */
export function parseConfigProperty(text: string): ConfigEntry {
  const separator = text.indexOf("=");
  const name = separator < 0 ? text : text.slice(0, separator);
  return {
    name: name.trim(),
    text: separator < 0 ? "true" : text.slice(separator + 1),
    origin: { kind: "property" },
  };
}
