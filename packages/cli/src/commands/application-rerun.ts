import { exitCodeOfEnd } from "../application-exit.ts";
import {
  addClientOptions,
  openClient,
  openPatientClient,
  outputFormat,
  refuseJson,
} from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { describeEnd, followApplication } from "../follow-application.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { printable } from "../output/printable.ts";
import { writeJson } from "../output/write-json.ts";

interface RerunOptions extends ClientOptions {
  readonly wait?: boolean;
  readonly follow?: boolean;
}

/** `aloha rerun ID`: prints the id of the new application alone, as `aloha submit` does. */
export const applicationRerun: CommandDefinition = {
  configure(command) {
    command
      .argument("<id>", "an application that has ended")
      .option("--wait", "wait until it has ended; the exit status tells how")
      .option("--follow", "print its output until it has ended; the exit status tells how");
    addClientOptions(command);
  },

  async run(context, command) {
    const options = command.opts<RerunOptions>();
    const rerunOf = requiredArgument(command, 0);
    const follows = options.follow === true;
    if (follows) refuseJson(options, "followed output", "use --wait -o json, and `aloha logs`");
    const isJson = outputFormat(options) === "json";
    const { id } = await (await openClient(context, options)).rerun(rerunOf);
    if (!follows && !isJson) await context.stdout.write(`${printable(id)}\n`);
    if (!follows && options.wait !== true) {
      if (isJson) await writeJson(context, { id, rerunOf });
      return exitCodes.success;
    }
    const patient = await openPatientClient(context, options);
    const application = follows
      ? await followApplication(context, patient, id)
      : await patient.waitForEnd(id);
    if (isJson) await writeJson(context, application);
    else await context.stderr.write(`${describeEnd(application)}\n`);
    return exitCodeOfEnd(application);
  },
};
