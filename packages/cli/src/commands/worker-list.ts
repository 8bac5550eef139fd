import { addClientOptions, openClient, outputFormat } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { workerTable } from "../output/worker-table.ts";
import { writeJson } from "../output/write-json.ts";

/** `aloha workers` */
export const workerList: CommandDefinition = {
  configure(command) {
    addClientOptions(command);
  },

  async run(context, command) {
    const options = command.opts<ClientOptions>();
    const client = await openClient(context, options);
    const workers = await client.workers();
    if (outputFormat(options) === "json") await writeJson(context, { workers });
    else if (workers.length > 0) await context.stdout.write(await workerTable(context, workers));
    else
      await context.stderr.write(
        "No worker has registered yet. Start one: aloha worker aloha://HOST:7077\n",
      );
    return exitCodes.success;
  },
};
