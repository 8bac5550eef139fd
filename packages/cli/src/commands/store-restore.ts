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
import { storePage } from "../output/store-page.ts";
import { writeJson } from "../output/write-json.ts";

/** `aloha store restore BACKUP` */
export const storeRestore: CommandDefinition = {
  configure(command) {
    command.argument("<backup>", "what `aloha store backup` wrote");
    addRecoveryDirectoryOption(command);
    addOutputOption(command);
    command.addHelpText(
      "after",
      "\nThe recovery directory must hold no store: move an old one away first. Workers take the restored master as theirs.\n" +
        "It knows nothing of what happened since the backup: what waited or ran then may run again, and what was accepted\n" +
        "since then and still runs is left alone and shown as unknown (`aloha events`).",
    );
  },

  async run(context, command) {
    const options = command.opts<StoreOptions>();
    const backup = resolve(context.workingDirectory, requiredArgument(command, 0));
    const { restoreStore } = await import("@aloha/master/store");
    const directory = await recoveryDirectoryOf(context, options);
    const report = await restoreStore({ backup, directory, wallMs: context.clock.wallMs() });
    if (options.output === "json") await writeJson(context, { directory, store: report });
    else
      await context.stdout.write(
        `${storePage(context, directory, report)}\nRestored. Start the master on this directory.\n`,
      );
    return exitCodes.success;
  },
};
