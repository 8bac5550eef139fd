import { resolve } from "node:path";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import {
  addOutputOption,
  addRecoveryDirectoryOption,
  recoveryDirectoryOf,
} from "../input/store-options.ts";
import type { StoreOptions } from "../input/store-options.ts";
import { storePage } from "../output/store-page.ts";
import { writeJson } from "../output/write-json.ts";

/** `aloha store verify [PATH]` */
export const storeVerify: CommandDefinition = {
  configure(command) {
    command.argument("[path]", "a backup, or a recovery directory (default: that of the master)");
    addRecoveryDirectoryOption(command);
    addOutputOption(command);
    command.addHelpText(
      "after",
      "\nReads everything and compares it, and changes nothing. The master may run meanwhile.",
    );
  },

  async run(context, command) {
    const options = command.opts<StoreOptions>();
    const [given] = command.args;
    const { verifyStore } = await import("@aloha/master/store");
    const { file, report } = await verifyStore(
      given === undefined
        ? await recoveryDirectoryOf(context, options)
        : resolve(context.workingDirectory, given),
    );
    if (options.output === "json") await writeJson(context, { file, store: report });
    else
      await context.stdout.write(
        `${storePage(context, file, report)}\nEverything can be read, and fits together.\n`,
      );
    return exitCodes.success;
  },
};
