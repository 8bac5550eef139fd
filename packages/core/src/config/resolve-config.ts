import { invariant } from "../error.ts";
import { quote } from "../units/quote.ts";
import { Config } from "./config.ts";
import type { ConfigSetting } from "./config.ts";
import { configProblem, formatOrigin } from "./config-entry.ts";
import type { ConfigEntry, ConfigOrigin, ConfigProblem } from "./config-entry.ts";
import type { ConfigKey } from "./config-key.ts";
import { nearestName } from "./nearest-name.ts";
import { parseConfigValue } from "./parse-config-value.ts";

/** Keys that belong to extensions: never judged here. */
const extensionPrefix = "aloha.x.";

export interface ConfigLayer {
  readonly entries: readonly ConfigEntry[];
  /** What was already wrong when the layer was read. */
  readonly errors?: readonly ConfigProblem[];
}

/** What one key means for another: judged once every value is known, over those that are in force. */
export type ConfigRule = (config: Config) => readonly ConfigProblem[];

export interface ResolveConfigOptions {
  readonly rules?: readonly ConfigRule[];
  /** Unknown `aloha.*` keys become warnings: for a rollback to a version that does not know them yet. */
  readonly ignoreUnknown?: boolean;
}

export type ResolvedConfig =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | {
      readonly ok: false;
      readonly errors: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
    };

/**
 * Joins layers, strongest first (flags, properties, environment, file), over the defaults of
 * the tables. Everything wrong in any layer is reported at once, also where a stronger layer hides it.
 */
export function resolveConfig(
  tables: readonly (readonly ConfigKey[])[],
  layers: readonly ConfigLayer[],
  options: ResolveConfigOptions = {},
): ResolvedConfig {
  const keys = joinTables(tables);
  const errors: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const settings = new Map<string, ConfigSetting>();
  const extensions = new Map<string, ConfigEntry>();
  for (const [name, key] of keys)
    settings.set(name, { key, value: key.default, origin: { kind: "default" } });
  for (const layer of layers.toReversed()) {
    const layerErrors = [...(layer.errors ?? [])];
    warnings.push(...repeatedNames(layer.entries));
    for (const entry of layer.entries) {
      if (entry.name.startsWith(extensionPrefix)) {
        extensions.set(entry.name, entry);
        continue;
      }
      const key = keys.get(entry.name);
      if (key === undefined) {
        const unknownAllowed = options.ignoreUnknown === true || !entry.name.startsWith("aloha.");
        (unknownAllowed ? warnings : layerErrors).push(unknownKey(entry, keys));
        continue;
      }
      const value = parseConfigValue(key, entry.text);
      if (value.ok) settings.set(key.name, { key, value: value.value, origin: entry.origin });
      else layerErrors.push(configProblem(entry.origin, `${key.name}: ${value.message}`));
    }
    errors.push(...layerErrors);
  }
  const config = new Config(settings, extensions);
  for (const rule of options.rules ?? []) errors.push(...rule(config));
  errors.sort((one, other) => comparePlaces(one.origin, other.origin));
  if (errors.length > 0) return { ok: false, errors, warnings };
  return { ok: true, config, warnings };
}

/** The layer that environment variables make: those that a key of the tables names, unless empty. */
export function environmentLayer(
  tables: readonly (readonly ConfigKey[])[],
  environment: Readonly<Record<string, string | undefined>>,
): ConfigLayer {
  const entries: ConfigEntry[] = [];
  for (const key of tables.flat()) {
    const variable = key.environment;
    if (variable === undefined || !Object.hasOwn(environment, variable)) continue;
    const text = environment[variable];
    if (text === undefined || text === "") continue;
    entries.push({ name: key.name, text, origin: { kind: "environment", variable } });
  }
  return { entries };
}

function joinTables(tables: readonly (readonly ConfigKey[])[]): Map<string, ConfigKey> {
  const keys = new Map<string, ConfigKey>();
  for (const key of tables.flat()) {
    const known = keys.get(key.name);
    invariant(known === undefined || known === key, `${key.name} is declared twice`);
    keys.set(key.name, key);
  }
  return keys;
}

/** Within one layer the last of several entries wins, as in the original, but not silently. */
function repeatedNames(entries: readonly ConfigEntry[]): readonly ConfigProblem[] {
  const repeated: ConfigProblem[] = [];
  const last = new Map<string, ConfigEntry>();
  for (const entry of entries) {
    const hidden = last.get(entry.name);
    if (hidden !== undefined) {
      repeated.push(
        configProblem(
          hidden.origin,
          `${entry.name} is set again at ${formatOrigin(entry.origin)}, which wins`,
        ),
      );
    }
    last.set(entry.name, entry);
  }
  return repeated;
}

const originKinds: readonly ConfigOrigin["kind"][] = [
  "flag",
  "property",
  "environment",
  "file",
  "default",
];

/** Problems are read in the order of what wins, and of lines. */
function comparePlaces(one: ConfigOrigin, other: ConfigOrigin): number {
  const byKind = originKinds.indexOf(one.kind) - originKinds.indexOf(other.kind);
  return one.kind === "file" && other.kind === "file" ? one.line - other.line : byKind;
}

function unknownKey(entry: ConfigEntry, keys: ReadonlyMap<string, ConfigKey>): ConfigProblem {
  const meant = nearestName(entry.name, keys.keys());
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return configProblem(entry.origin, `unknown key ${quote(entry.name)}${hint}`);
}
