import { Option } from "commander";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { writeJson } from "../output/write-json.ts";
import { version } from "../version.ts";

/** `aloha version`: of this program; needs no master. */
export const versionShow: CommandDefinition = {
  configure(command) {
    command.addOption(
      new Option("-o, --output <format>", "text or json").choices(["text", "json"]).default("text"),
    );
  },

  async run(context, command) {
    if (command.opts<ClientOptions>().output === "json") {
      await writeJson(context, {
        version: version(),
        node: process.version,
        platform: process.platform,
      });
    } else {
      await context.stdout.write(`aloha ${version()}\n`);
    }
    return exitCodes.success;
  },
};
