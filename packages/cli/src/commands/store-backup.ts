import { resolve } from "node:path";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { requiredArgument } from "../input/required-argument.ts";
import {
  addOutputOption,
  addRecoveryDirectoryOption,
  recoveryDirectoryOf,
} from "../input/store-options.ts";
import type { StoreOptions } from "../input/store-options.ts";
import { formatMemory } from "../output/format-amount.ts";
import { storePage } from "../output/store-page.ts";
import { writeJson } from "../output/write-json.ts";

const mebi = 1024 ** 2;

/** `aloha store backup TARGET` */
export const storeBackup: CommandDefinition = {
  configure(command) {
    command.argument(
      "<target>",
      "a file that does not exist yet, or a directory, in which the file is named for cluster and time",
    );
    addRecoveryDirectoryOption(command);
    addOutputOption(command);
    command.addHelpText(
      "after",
      "\nThe master may run meanwhile: the backup holds its state at one moment, and is checked before it gets its name.\n" +
        "It holds what applications were submitted with, environments included, and is readable by its owner only.",
    );
  },

  async run(context, command) {
    const options = command.opts<StoreOptions>();
    const target = resolve(context.workingDirectory, requiredArgument(command, 0));
    const { backupStore } = await import("@aloha/master/store");
    const directory = await recoveryDirectoryOf(context, options);
    const backup = await backupStore({ directory, target, wallMs: context.clock.wallMs() });
    const { file, bytes, report } = backup;
    if (options.output === "json") await writeJson(context, { file, bytes, store: report });
    else
      await context.stdout.write(
        `${storePage(context, file, report)}\nBacked up and checked: ${formatMemory(Math.max(1, Math.round(bytes / mebi)))}.\n`,
      );
    return exitCodes.success;
  },
};
