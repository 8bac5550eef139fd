import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { CommandContext, OutputFormat } from "../command-context.ts";
import { addConfigurationOptions, configurationSources } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";

/** The options of commands that look after a master's store. */
export interface StoreOptions extends ConfigurationOptions {
  readonly recoveryDirectory?: string;
  readonly output: OutputFormat;
}

export function addRecoveryDirectoryOption(command: Command): void {
  command.option(
    "--recovery-directory <directory>",
    "of the master (default: as the configuration says, else recovery under ALOHA_HOME)",
  );
  addConfigurationOptions(command);
}

export function addOutputOption(command: Command): void {
  command.addOption(
    new Option("-o, --output <format>", "text for people, or one JSON document for programs")
      .choices(["text", "json"])
      .default("text"),
  );
}

/** Where a master keeps its store that is started here with the same configuration. */
export async function recoveryDirectoryOf(
  context: CommandContext,
  options: StoreOptions,
): Promise<string> {
  if (options.recoveryDirectory !== undefined)
    return resolve(context.workingDirectory, options.recoveryDirectory);
  const [{ masterOptionsFrom }, { configSchema }, { loadConfiguration }] = await Promise.all([
    import("@aloha/master"),
    import("../daemon/config-schema.ts"),
    import("../daemon/load-configuration.ts"),
  ]);
  const { config, home } = loadConfiguration(
    context,
    configSchema,
    configurationSources(options, []),
  );
  return resolve(
    context.workingDirectory,
    masterOptionsFrom(config, home).recoveryDirectory ?? resolve(home, "recovery"),
  );
}
