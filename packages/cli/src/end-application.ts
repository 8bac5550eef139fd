import { exitCodeOfStop } from "./application-exit.ts";
import { addClientOptions, openClient, openPatientClient, outputFormat } from "./client-options.ts";
import type { ClientOptions } from "./client-options.ts";
import type { CommandContext } from "./command-context.ts";
import type { Command } from "commander";
import { describeEnd } from "./follow-application.ts";
import { requiredArgument } from "./input/required-argument.ts";
import { printable } from "./output/printable.ts";
import { writeJson } from "./output/write-json.ts";

interface EndOptions extends ClientOptions {
  readonly wait?: boolean;
  readonly reason?: string;
}

export function configureEnd(command: Command): void {
  command
    .argument("<id>", "the application")
    .option("--wait", "wait until all of its processes are gone")
    .option("--reason <text>", "kept with the application");
  addClientOptions(command);
}

/** What `aloha stop` and `aloha kill` share: the request, the answer, the wait. Asking twice, or too late, is no error. */
export async function endApplication(
  context: CommandContext,
  command: Command,
  immediately: boolean,
): Promise<number> {
  const options = command.opts<EndOptions>();
  const id = requiredArgument(command, 0);
  const isJson = outputFormat(options) === "json";
  const client = await openClient(context, options);
  const killed = await client.kill(id, {
    immediately,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  if (options.wait !== true) {
    const asked = immediately ? "is being killed" : "is being stopped";
    if (isJson) await writeJson(context, killed);
    else {
      await context.stdout.write(
        `${printable(id)} ${killed.accepted ? asked : `had already ended: ${printable(killed.state)}`}\n`,
      );
    }
    return 0;
  }
  const patient = await openPatientClient(context, options);
  const application = await patient.waitForEnd(id);
  if (isJson) await writeJson(context, application);
  else await context.stdout.write(`${describeEnd(application)}\n`);
  return exitCodeOfStop(application);
}
