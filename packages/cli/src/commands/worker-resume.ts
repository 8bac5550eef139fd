import { addClientOptions, openClient } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { writeWorker } from "../output/worker-page.ts";

/** `aloha worker resume ID`: ends a drain. */
export const workerResume: CommandDefinition = {
  configure(command) {
    command.argument("<id>", "the worker, as `aloha workers` names it");
    addClientOptions(command);
  },

  async run(context, command) {
    const options = command.opts<ClientOptions>();
    const client = await openClient(context, options);
    await writeWorker(context, options, await client.resumeWorker(requiredArgument(command, 0)));
    return exitCodes.success;
  },
};
