import type { AlohaClient } from "@aloha/api/client";
import type { AlohaEvent } from "@aloha/core";
import { AlohaError } from "@aloha/core/vocabulary";
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

interface EventOptions extends ClientOptions {
  readonly follow?: boolean;
  readonly after?: string;
  readonly limit?: string;
}

const limitDefault = 50;
const pageLength = 1000;

/** `aloha events` */
export const eventList: CommandDefinition = {
  configure(command) {
    command
      .option("-f, --follow", "print what happens from now on, or after --after, without end")
      .option("--after <number>", "all that are kept after the event of this number")
      .option(
        "--limit <number>",
        `at most so many; without --after the newest (default: ${limitDefault})`,
      );
    addClientOptions(command);
    command.addHelpText(
      "after",
      "\nWith -f and -o json each event is one JSON document on a line of its own.",
    );
  },

  async run(context, command) {
    const options = command.opts<EventOptions>();
    const after = options.after === undefined ? undefined : parseCount("--after", options.after, 0);
    if (options.follow !== true) {
      const limit =
        options.limit === undefined ? undefined : parseCount("--limit", options.limit, 1);
      return printKept(context, options, after, limit);
    }
    if (options.limit !== undefined) {
      throw new AlohaError("invalid-argument", "--limit counts events that are kept: leave out -f");
    }
    return printAsTheyHappen(context, options, after);
  },
};

async function printKept(
  context: CommandContext,
  options: EventOptions,
  after: number | undefined,
  limit: number | undefined,
): Promise<number> {
  const client = await openClient(context, options);
  const events =
    after === undefined
      ? await newestEvents(client, limit ?? limitDefault)
      : await eventsAfter(client, after, limit);
  if (outputFormat(options) === "json") await writeJson(context, { events });
  else await context.stdout.write(events.map((event) => eventLine(context, event)).join(""));
  return exitCodes.success;
}

/** More than a page of the newest ones is read from where they begin. */
async function newestEvents(client: AlohaClient, limit: number): Promise<readonly AlohaEvent[]> {
  const page = await client.eventsPage({ limit: Math.min(limit, pageLength) });
  if (limit <= pageLength) return page.events;
  return eventsAfter(client, Math.max(page.oldest - 1, page.nextAfter - limit), limit);
}

/** Those that are kept, up to the first page that is not full: what happens meanwhile does not keep this from ending. */
async function eventsAfter(
  client: AlohaClient,
  after: number,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly AlohaEvent[]> {
  const all: AlohaEvent[] = [];
  let from = after;
  for (;;) {
    const wanted = Math.min(limit - all.length, pageLength);
    const { events, nextAfter } = await client.eventsPage({ after: from, limit: wanted });
    all.push(...events);
    if (events.length < wanted || all.length >= limit) return all;
    from = nextAfter;
  }
}

async function printAsTheyHappen(
  context: CommandContext,
  options: EventOptions,
  after: number | undefined,
): Promise<number> {
  // Shows that the address is right before patience sets in.
  await (await openClient(context, options)).overview();
  const patient = await openPatientClient(context, options);
  const isJson = outputFormat(options) === "json";
  for await (const event of patient.events({ after })) {
    await context.stdout.write(isJson ? `${JSON.stringify(event)}\n` : eventLine(context, event));
    if (context.stdout.closed) break;
  }
  return exitCodes.success;
}
