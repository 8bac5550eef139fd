import { AlohaError } from "@aloha/core/vocabulary";
import { addClientOptions, openClient } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { writeWorker } from "../output/worker-page.ts";

/** `aloha worker label ID zone=a disk-`: sets and removes. */
export const workerLabel: CommandDefinition = {
  configure(command) {
    command
      .argument("<id>", "the worker, as `aloha workers` names it")
      .argument("<labels...>", "name=value sets a label, name- removes it");
    addClientOptions(command);
  },

  async run(context, command) {
    const options = command.opts<ClientOptions>();
    const id = requiredArgument(command, 0);
    const labels = Object.fromEntries(command.args.slice(1).map(parseLabel));
    const client = await openClient(context, options);
    await writeWorker(context, options, await client.labelWorker(id, labels));
    return exitCodes.success;
  },
};

function parseLabel(text: string): readonly [string, string | null] {
  const separator = text.indexOf("=");
  if (separator > 0) return [text.slice(0, separator), text.slice(separator + 1)];
  if (separator < 0 && text.endsWith("-") && text.length > 1) return [text.slice(0, -1), null];
  throw new AlohaError(
    "invalid-argument",
    `${JSON.stringify(text)}: write name=value to set a label, name- to remove it`,
  );
}
