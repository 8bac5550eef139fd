import { AlohaError } from "@aloha/core/vocabulary";
import { addClientOptions, openClient, openPatientClient } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { writeWorker } from "../output/worker-page.ts";
import { pause } from "../pause.ts";

interface DrainOptions extends ClientOptions {
  readonly wait?: boolean;
  readonly deadline?: string;
  readonly reason?: string;
}

/** How often `--wait` looks. */
const lookEveryMs = 1_000;

/** `aloha worker drain ID`: what runs may end, nothing more comes. */
export const workerDrain: CommandDefinition = {
  configure(command) {
    command
      .argument("<id>", "the worker, as `aloha workers` names it")
      .option("--wait", "wait until nothing runs there any more")
      .option("--deadline <duration>", "stop what still runs after this time, e.g. 10m")
      .option("--reason <text>", "kept with the worker");
    addClientOptions(command);
    command.addHelpText(
      "after",
      "\nWhat is stopped at the deadline goes on elsewhere where it is supervised, and ends otherwise. `aloha worker resume` ends the drain.",
    );
  },

  async run(context, command) {
    const options = command.opts<DrainOptions>();
    const id = requiredArgument(command, 0);
    const deadlineMs = await parseDeadline(options.deadline);
    const client = await openClient(context, options);
    let worker = await client.drainWorker(id, {
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    });
    if (options.wait === true) {
      const patient = await openPatientClient(context, options);
      while (worker.attempts > 0) {
        if (worker.drain === null)
          throw new AlohaError("conflict", `${id} is not drained any more: somebody resumed it`);
        await pause(context.timers, lookEveryMs);
        worker = await patient.worker(id);
      }
    }
    await writeWorker(context, options, worker);
    return exitCodes.success;
  },
};

async function parseDeadline(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { parseDuration } = await import("@aloha/core");
  const parsed = /[a-z]\s*$/i.test(text) ? parseDuration(text, "ms") : undefined;
  if (parsed?.ok !== true)
    throw new AlohaError(
      "invalid-argument",
      `--deadline ${JSON.stringify(text)}: write a duration with a unit, e.g. 10m`,
    );
  return Math.round(parsed.value);
}
