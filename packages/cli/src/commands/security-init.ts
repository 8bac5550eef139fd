import { isLoopback } from "@aloha/core/vocabulary";
import type { OutputFormat } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { addLoggerOptions } from "../daemon/daemon-logger.ts";
import type { LoggerFlags } from "../daemon/daemon-logger.ts";
import { openDaemon } from "../daemon/open-daemon.ts";
import { exitCodes } from "../exit-code.ts";
import { Option } from "commander";
import { writeJson } from "../output/write-json.ts";

interface InitOptions extends ConfigurationOptions, LoggerFlags {
  readonly output: OutputFormat;
}

/** `aloha init`: makes the secret and the admin token of a cluster on the host of its master, and says how others join. Repeating it changes nothing. */
export const securityInit: CommandDefinition = {
  configure(command) {
    addConfigurationOptions(command);
    addLoggerOptions(command);
    command
      .addOption(
        new Option("-o, --output <format>", "text for people, or one JSON document for programs")
          .choices(["text", "json"])
          .default("text"),
      )
      .addHelpText(
        "after",
        "\nWhat it prints lets whoever has it into the cluster: it belongs into no log and no chat.",
      );
  },

  async run(context, command) {
    const options = command.opts<InitOptions>();
    const [{ masterConfigKeys }, { advertisedHost }, files, { encodeJoinToken }, daemon] =
      await Promise.all([
        import("@aloha/master"),
        import("@aloha/runtime/node"),
        import("../security/security-files.ts"),
        import("../security/join-token.ts"),
        import("../security/daemon-security.ts"),
      ]);
    const opened = await openDaemon(context, options, []);
    const place = daemon.securityFilesOf(context, opened);
    const { created } = await files.createSecurity(place);
    const secret = await files.readSecret(place);
    if (secret === undefined) throw new Error(`${place.secret} is gone again`);
    const { config } = opened;
    const listens = config.get(masterConfigKeys.host);
    const host =
      config.get(masterConfigKeys.advertisedHost) ??
      advertisedHost(isLoopback(listens) ? "0.0.0.0" : listens);
    const joinToken = encodeJoinToken(secret);
    const master = `aloha://${host}:${config.get(masterConfigKeys.port)}`;
    const join = `aloha worker ${master} --join ${joinToken}`;
    if (options.output === "json") {
      await writeJson(context, { directory: place.directory, created, master, joinToken });
      return exitCodes.success;
    }
    const what = created ? "The secret and the admin token are now" : "They are there already,";
    await context.stdout.write(
      [
        `${what} in ${place.directory}, for this user alone.`,
        "",
        "Start the master here, on an address that the workers reach:",
        `  aloha master --host ${isLoopback(listens) ? host : listens}`,
        "Start each worker on its host:",
        `  ${join}`,
        "The command line on this host finds its token by itself; elsewhere:",
        `  export ALOHA_MASTER_URL=http://${host}:${config.get(masterConfigKeys.restPort)} ALOHA_TOKEN=...   # what is in ${place.adminToken}`,
        "",
      ].join("\n"),
    );
    return exitCodes.success;
  },
};
