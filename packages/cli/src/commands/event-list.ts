import type { AlohaClient } from "@aloha/api/client";
import type { AlohaEvent } from "@aloha/core";
import {
  addClientOptions,
  openClient,
  openPatientClient,
  outputFormat,
} from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { parseCount } from "../input/parse-count.ts";
import { eventLine } from "../output/event-line.ts";
import { writeJson } from "../output/write-json.ts";
import { pause } from "../pause.ts";

interface EventOptions extends ClientOptions {
  readonly follow?: boolean;
  readonly after?: string;
}

/**
 * The stream of events has no end, and what is already there comes without pause: so a pause this long
 * says that everything was read.
 */
const quietMs = 500;

/** `aloha events` */
export const eventList: CommandDefinition = {
  configure(command) {
    command
      .option("-f, --follow", "go on with those that happen from now on")
      .option(
        "--after <number>",
        "those after this one (default: all that are kept; with -f, those from now on)",
      );
    addClientOptions(command);
    command.addHelpText(
      "after",
      "\nWith -f and -o json each event is one JSON document on a line of its own.",
    );
  },

  async run(context, command) {
    const options = command.opts<EventOptions>();
    const isJson = outputFormat(options) === "json";
    const after = options.after === undefined ? undefined : parseCount("--after", options.after, 0);
    const client = await openClient(context, options);
    if (options.follow !== true) {
      const events = await readKept(context, client, after ?? 0);
      if (isJson) await writeJson(context, { events });
      else await context.stdout.write(events.map((event) => eventLine(context, event)).join(""));
      return exitCodes.success;
    }
    // Shows that the address is right before patience sets in.
    await client.overview();
    const patient = await openPatientClient(context, options);
    for await (const event of patient.events({ after })) {
      await context.stdout.write(isJson ? `${JSON.stringify(event)}\n` : eventLine(context, event));
      if (context.stdout.closed) break;
    }
    return exitCodes.success;
  },
};

async function readKept(
  context: CommandContext,
  client: AlohaClient,
  after: number,
): Promise<readonly AlohaEvent[]> {
  await client.overview();
  const events: AlohaEvent[] = [];
  const over = new AbortController();
  let arrived = -1;
  const watch = async (): Promise<void> => {
    while (arrived !== events.length && !over.signal.aborted) {
      arrived = events.length;
      await pause(context.timers, quietMs, over.signal);
    }
    over.abort();
  };
  const watching = watch();
  try {
    for await (const event of client.events({ after, signal: over.signal })) events.push(event);
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    over.abort();
    await watching;
  }
  return events;
}
