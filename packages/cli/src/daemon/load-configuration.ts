import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import {
  AlohaError,
  environmentLayer,
  parseConfigProperty,
  parseConfigText,
  resolveConfig,
} from "@aloha/core";
import type { Config, ConfigEntry, ConfigLayer } from "@aloha/core";
import type { CommandContext } from "../command-context.ts";
import type { ConfigSchema } from "./config-schema.ts";
import { alohaHome, configurationDirectory, defaultFileName } from "./home.ts";

/** What a daemon's command line says about its configuration. */
export interface ConfigurationSources {
  /** Settings that flags of their own name, such as `--port`. */
  readonly flags: readonly ConfigEntry[];
  /** The `aloha.x=y` of every `-Daloha.x=y`. */
  readonly properties: readonly string[];
  readonly propertiesFile: string | undefined;
  readonly ignoreUnknown: boolean;
}

export interface LoadedConfiguration {
  readonly config: Config;
  /** `ALOHA_HOME`: where relative defaults begin. */
  readonly home: string;
  /** The file that was read, if any. */
  readonly file: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Resolves the configuration of a daemon: flags, then `-D`, then environment, then the file that
 * `--properties-file` names or else `aloha-default.conf` in ALOHA_CONF_DIR, then defaults. Throws
 * AlohaError (`invalid-argument`) with everything that is wrong, one problem a line.
 */
export function loadConfiguration(
  context: CommandContext,
  { tables, rules }: ConfigSchema,
  sources: ConfigurationSources,
): LoadedConfiguration {
  const home = alohaHome(context);
  const file = configurationFile(context, home, sources.propertiesFile);
  const layers: readonly ConfigLayer[] = [
    { entries: sources.flags },
    { entries: sources.properties.map(parseConfigProperty) },
    environmentLayer(tables, context.environment),
    ...(file === undefined ? [] : [fileLayer(context, file)]),
  ];
  const resolved = resolveConfig(tables, layers, { rules, ignoreUnknown: sources.ignoreUnknown });
  if (!resolved.ok) {
    throw new AlohaError(
      "invalid-argument",
      resolved.errors.map((problem) => problem.message).join("\n"),
    );
  }
  return {
    config: resolved.config,
    home,
    file,
    warnings: resolved.warnings.map((problem) => problem.message),
  };
}

function configurationFile(
  context: CommandContext,
  home: string,
  given: string | undefined,
): string | undefined {
  if (given !== undefined) return resolve(context.workingDirectory, given);
  const file = join(configurationDirectory(context, home), defaultFileName);
  return existsSync(file) ? file : undefined;
}

function fileLayer(context: CommandContext, file: string): ConfigLayer {
  const near = relative(context.workingDirectory, file);
  const shown = near.startsWith("..") ? file : near;
  try {
    return parseConfigText(readFileSync(file, "utf8"), shown);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlohaError(
      "invalid-argument",
      `the configuration ${file} cannot be read: ${reason}`,
      { cause: error },
    );
  }
}
