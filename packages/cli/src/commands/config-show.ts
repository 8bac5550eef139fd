import { AlohaError, formatOrigin } from "@aloha/core";
import { masterConfigKeys } from "@aloha/master";
import { workerConfigKeys } from "@aloha/worker";
import { Argument, Option } from "commander";
import type { CommandContext, OutputFormat } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions, configurationSources } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions, FlagSetting } from "../daemon/configuration-options.ts";
import { configSchema, daemonNames, daemonTables } from "../daemon/config-schema.ts";
import type { DaemonName } from "../daemon/config-schema.ts";
import { loadConfiguration } from "../daemon/load-configuration.ts";
import { addMasterFlags, masterFlagSettings } from "../daemon/master-flags.ts";
import type { MasterFlags } from "../daemon/master-flags.ts";
import { shownSettings } from "../daemon/shown-settings.ts";
import type { ShownSetting } from "../daemon/shown-settings.ts";
import { addOfferFlags, workerFlagSettings } from "../daemon/worker-flags.ts";
import type { WorkerFlags } from "../daemon/worker-flags.ts";
import { exitCodes } from "../exit-code.ts";
import { printable } from "../output/printable.ts";
import { renderTable } from "../output/render-table.ts";
import { writeJson } from "../output/write-json.ts";

interface ShowOptions extends ConfigurationOptions, MasterFlags, WorkerFlags {
  readonly output: OutputFormat;
}

/** `aloha config show [master|worker]`: what a daemon would run with that was started here with the same flags. */
export const configShow: CommandDefinition = {
  configure(command) {
    command.addArgument(
      new Argument("[daemon]", "only what this one reads, with its flags").choices(daemonNames),
    );
    addConfigurationOptions(command);
    addMasterFlags(command);
    addOfferFlags(command);
    command.addOption(
      new Option("-o, --output <format>", "text for people, or one JSON document for programs")
        .choices(["text", "json"])
        .default("text"),
    );
  },

  async run(context, command) {
    const options = command.opts<ShowOptions>();
    const daemon = daemonNames.find((name) => name === command.args[0]);
    const sources = configurationSources(options, flagsOf(daemon, options));
    const { config, file, warnings } = loadConfiguration(context, configSchema, sources);
    const tables = daemon === undefined ? configSchema.tables : daemonTables[daemon];
    const settings = shownSettings(config, tables);
    if (options.output === "json") {
      await writeJson(context, { file: file ?? null, settings, warnings });
      return exitCodes.success;
    }
    for (const warning of warnings) await context.stderr.write(`${printable(warning)}\n`);
    await context.stdout.write(await settingsTable(context, settings));
    return exitCodes.success;
  },
};

/** The flags that the daemon has too. Throws AlohaError for one that it has not: it would be shown as if it counted. */
function flagsOf(daemon: DaemonName | undefined, options: ShowOptions): readonly FlagSetting[] {
  const flags = {
    master: masterFlagSettings(masterConfigKeys, options),
    worker: workerFlagSettings(workerConfigKeys, options),
  };
  const own = daemon === undefined ? [] : flags[daemon];
  const stray = [...flags.master, ...flags.worker].find(
    ({ flag, text }) => text !== undefined && !own.some((known) => known.flag === flag),
  );
  if (stray === undefined) return own;
  const whose = daemon === undefined ? "say whose it is: master or worker" : `no flag of ${daemon}`;
  throw new AlohaError("invalid-argument", `${stray.flag}: ${whose}`);
}

function settingsTable(
  context: CommandContext,
  settings: readonly ShownSetting[],
): Promise<string> {
  const { stdout } = context;
  const rows = settings.map(({ name, value, origin }) => {
    const from = printable(formatOrigin(origin));
    return [
      printable(name),
      value === null ? stdout.paint.dim("-") : printable(value),
      origin.kind === "default" ? stdout.paint.dim(from) : from,
    ];
  });
  const columns = [{ title: "KEY" }, { title: "VALUE" }, { title: "FROM" }];
  return renderTable(stdout, columns, rows);
}
