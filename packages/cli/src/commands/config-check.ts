import { Option } from "commander";
import type { OutputFormat } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions, configurationSources } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { configSchema } from "../daemon/config-schema.ts";
import { loadConfiguration } from "../daemon/load-configuration.ts";
import { exitCodes } from "../exit-code.ts";
import { printable } from "../output/printable.ts";
import { writeJson } from "../output/write-json.ts";

interface CheckOptions extends ConfigurationOptions {
  readonly output: OutputFormat;
}

/** `aloha config check [file]`: whether a master or worker would start with it. What is wrong is an error like any other of usage. */
export const configCheck: CommandDefinition = {
  configure(command) {
    command.argument(
      "[file]",
      "the configuration file (default: the one that a daemon would read)",
    );
    addConfigurationOptions(command);
    command.addOption(
      new Option("-o, --output <format>", "text for people, or one JSON document for programs")
        .choices(["text", "json"])
        .default("text"),
    );
    command.addHelpText(
      "after",
      "\n-D and the environment are checked too. Exit status: 0 if a daemon would start, 2 if it would refuse.",
    );
  },

  async run(context, command) {
    const options = command.opts<CheckOptions>();
    const given = command.args[0];
    const { file, warnings } = loadConfiguration(
      context,
      configSchema,
      configurationSources(
        given === undefined ? options : { ...options, propertiesFile: given },
        [],
      ),
    );
    if (options.output === "json") {
      await writeJson(context, { file: file ?? null, warnings });
      return exitCodes.success;
    }
    for (const warning of warnings) await context.stderr.write(`${printable(warning)}\n`);
    const what = file === undefined ? "No configuration file was found; what there is" : file;
    await context.stdout.write(`${printable(what)} is in order.\n`);
    return exitCodes.success;
  },
};
