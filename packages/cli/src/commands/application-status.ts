import { addClientOptions, openClient, outputFormat } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { applicationPage } from "../output/application-page.ts";
import { clusterPage } from "../output/cluster-page.ts";
import { writeJson } from "../output/write-json.ts";

/** `aloha status [id]`. It succeeds whatever the application's state: the answer is the state, not the exit status. */
export const applicationStatus: CommandDefinition = {
  configure(command) {
    command.argument("[id]", "the application; without it, the cluster is shown");
    addClientOptions(command);
  },

  async run(context, command) {
    const options = command.opts<ClientOptions>();
    const client = await openClient(context, options);
    const [id] = command.args;
    const isJson = outputFormat(options) === "json";
    if (id === undefined) {
      const overview = await client.overview();
      if (isJson) await writeJson(context, overview);
      else await context.stdout.write(clusterPage(context, client.masters.join(", "), overview));
      return exitCodes.success;
    }
    const application = await client.get(id);
    if (isJson) await writeJson(context, application);
    else {
      const isWaiting = application.state === "SUBMITTED" || application.state === "RELAUNCHING";
      const waits = isWaiting ? (await client.why(id)).summary : null;
      await context.stdout.write(await applicationPage(context, application, waits));
    }
    return exitCodes.success;
  },
};
