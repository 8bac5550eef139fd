import type { Config } from "@aloha/core";
import type { Runtime } from "@aloha/runtime";
import type { CommandContext } from "../command-context.ts";
import { configurationSources } from "./configuration-options.ts";
import type { ConfigurationOptions, FlagSetting } from "./configuration-options.ts";
import { daemonLogger } from "./daemon-logger.ts";
import type { LoggerFlags } from "./daemon-logger.ts";

/** What every daemon begins with. */
export interface OpenedDaemon {
  readonly config: Config;
  /** `ALOHA_HOME`: where relative defaults begin. */
  readonly home: string;
  /** What was read, for the log. */
  readonly configuration: string;
  readonly runtime: Runtime;
}

/**
 * Resolves the configuration of a daemon from everything its command line and environment say, makes its runtime,
 * and logs what is odd. Throws AlohaError (`invalid-argument`) with everything that is wrong with the configuration.
 */
export async function openDaemon(
  context: CommandContext,
  options: ConfigurationOptions & LoggerFlags,
  flags: readonly FlagSetting[],
): Promise<OpenedDaemon> {
  const [{ configSchema }, { loadConfiguration }, { createNodeRuntime }] = await Promise.all([
    import("./config-schema.ts"),
    import("./load-configuration.ts"),
    import("@aloha/runtime/node"),
  ]);
  const sources = configurationSources(options, flags);
  const { config, home, file, warnings } = loadConfiguration(context, configSchema, sources);
  const runtime = createNodeRuntime({ logger: daemonLogger(context, options) });
  for (const warning of warnings) runtime.logger.warn(warning);
  return { config, home, configuration: file ?? "defaults", runtime };
}
