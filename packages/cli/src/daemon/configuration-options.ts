import type { ConfigEntry, ConfigKey } from "@aloha/core";
import type { Command } from "commander";
import { collect } from "../input/description-flags.ts";
import type { ConfigurationSources } from "./load-configuration.ts";

/** The options that every daemon's command line has. */
export interface ConfigurationOptions {
  readonly propertiesFile?: string;
  readonly D?: readonly string[];
  readonly ignoreUnknown?: boolean;
}

export function addConfigurationOptions(command: Command): void {
  command
    .option("--properties-file <file>", "configuration file (default: conf/aloha-default.conf)")
    .option("-D <key=value>", "one setting, e.g. -Daloha.worker.timeout=30s", collect)
    .option("--ignore-unknown", "warn of unknown settings instead of refusing them");
}

/** The sources of a configuration: `flags` gives the key and the value of each flag that sets one. */
export function configurationSources(
  options: ConfigurationOptions,
  flags: readonly FlagSetting[],
): ConfigurationSources {
  return {
    flags: flags.flatMap(configEntry),
    properties: options.D ?? [],
    propertiesFile: options.propertiesFile,
    ignoreUnknown: options.ignoreUnknown === true,
  };
}

/** A flag that sets a key, and what was given; undefined if it was not. */
export interface FlagSetting {
  readonly flag: string;
  readonly key: ConfigKey;
  readonly text: string | undefined;
}

function configEntry({ flag, key, text }: FlagSetting): readonly ConfigEntry[] {
  return text === undefined ? [] : [{ name: key.name, text, origin: { kind: "flag", flag } }];
}
