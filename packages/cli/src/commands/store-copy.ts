import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { addOutputOption } from "../input/store-options.ts";
import type { OutputFormat } from "../command-context.ts";
import { renderFields } from "../output/render-table.ts";
import { writeJson } from "../output/write-json.ts";

interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly output: OutputFormat;
}

/** `aloha store copy --from DIRECTORY --to DIRECTORY` */
export const storeCopy: CommandDefinition = {
  configure(command) {
    command
      .requiredOption("--from <directory>", "recovery directory of a master that is stopped")
      .requiredOption("--to <directory>", "recovery directory that holds no store");
    addOutputOption(command);
    command.addHelpText(
      "after",
      "\nFor moving a master's state to another disk. The copy goes on where the original was: start only one of them.",
    );
  },

  async run(context, command) {
    const options = command.opts<CopyOptions>();
    const from = resolve(context.workingDirectory, options.from);
    const to = resolve(context.workingDirectory, options.to);
    const { copyStoreDirectory } = await import("@aloha/master/store");
    const copied = await copyStoreDirectory({ from, to, nonce: randomBytes(16).toString("hex") });
    if (options.output === "json") await writeJson(context, { from, to, ...copied });
    else
      await context.stdout.write(
        `${renderFields(context.stdout, [
          ["cluster", copied.clusterId],
          ["applications", String(copied.applications)],
          ["workers", String(copied.workers)],
          ["events", String(copied.events)],
        ])}\nCopied to ${to}. Start the master with aloha.deploy.recoveryDirectory set to it, and never again on the old one.\n`,
      );
    return exitCodes.success;
  },
};
