import { formatConfigValue } from "@aloha/core";
import type { Config, ConfigKey, ConfigOrigin } from "@aloha/core";

/** A setting in force, for people and programs. */
export interface ShownSetting {
  readonly name: string;
  /** As it may be written; null: none. Stars where it is secret. */
  readonly value: string | null;
  readonly origin: ConfigOrigin;
  /** As it may be written; null: none, or what depends on the host. Absent for keys of extensions. */
  readonly default?: string | null;
}

const hidden = "********";

/** What the names of extensions' keys say when their values are secret: nothing else is known of them. */
const secretName = /secret|password|passwd|token|credential|private/i;

/** The settings of `tables`, and those of extensions, with secrets hidden. */
export function shownSettings(
  config: Config,
  tables: readonly (readonly ConfigKey[])[],
): readonly ShownSetting[] {
  const shown: ShownSetting[] = [];
  const keys = new Set(tables.flat());
  for (const { key, value, origin } of config.settings()) {
    if (!keys.has(key)) continue;
    shown.push({
      name: key.name,
      value: key.secret === true && value !== null ? hidden : orNone(formatConfigValue(key, value)),
      origin,
      default: orNone(formatConfigValue(key, key.default)),
    });
  }
  for (const { name, text, origin } of config.extensionEntries())
    shown.push({ name, value: secretName.test(name) ? hidden : orNone(text), origin });
  return shown;
}

function orNone(text: string): string | null {
  return text === "" ? null : text;
}
