import { addClientOptions, openClient, outputFormat } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { explanationPage } from "../output/explanation-page.ts";
import { writeJson } from "../output/write-json.ts";

/** `aloha why ID` */
export const applicationExplain: CommandDefinition = {
  configure(command) {
    command.argument("<id>", "the application");
    addClientOptions(command);
  },

  async run(context, command) {
    const options = command.opts<ClientOptions>();
    const client = await openClient(context, options);
    const explanation = await client.why(requiredArgument(command, 0));
    if (outputFormat(options) === "json") await writeJson(context, explanation);
    else await context.stdout.write(await explanationPage(context, explanation));
    return exitCodes.success;
  },
};
