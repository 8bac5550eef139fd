import type { AlohaClient } from "@aloha/api/client";
import { parseBytes } from "@aloha/core/describe";
import { AlohaError } from "@aloha/core/vocabulary";
import type { OutputStream } from "@aloha/core";
import {
  addClientOptions,
  openClient,
  openPatientClient,
  outputFormat,
  refuseJson,
} from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandContext, CommandStream } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { copyOutput } from "../follow-application.ts";
import { parseCount } from "../input/parse-count.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { printable } from "../output/printable.ts";
import { readOutput } from "../read-output.ts";
import { writeJson } from "../output/write-json.ts";

interface LogsOptions extends ClientOptions {
  readonly follow?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly attempt?: string;
  readonly offset?: string;
  readonly tail?: string;
}

interface Selection {
  readonly streams: readonly OutputStream[];
  readonly attempt: number | undefined;
  /** Negative: that many bytes before the end. */
  readonly offset: number;
}

const documentBytesMax = 64 * 1024 * 1024;

/** `aloha logs ID`: the only command that prints bytes of others as they are. */
export const applicationLogs: CommandDefinition = {
  configure(command) {
    command
      .argument("<id>", "the application")
      .option("-f, --follow", "go on until it has ended")
      .option("--stdout", "only its stdout")
      .option("--stderr", "only its stderr, which is then printed to stdout")
      .option(
        "--attempt <number>",
        "of this attempt (default: the newest; -f goes on with those that follow)",
      )
      .option("--offset <bytes>", "from this byte on, counted from the beginning of the attempt")
      .option("--tail <size>", "only the end, e.g. 4KiB");
    addClientOptions(command);
    command.addHelpText(
      "after",
      "\nWithout --stdout or --stderr, its stdout is printed to stdout and its stderr to stderr.",
    );
  },

  async run(context, command) {
    const options = command.opts<LogsOptions>();
    const id = requiredArgument(command, 0);
    const selection = parseSelection(options);
    if (options.follow === true) refuseJson(options, "followed output", "leave out -f");
    const client = await openClient(context, options);
    const application = await client.get(id);
    if (options.follow === true) {
      await follow(context, await openPatientClient(context, options), id, selection);
      return exitCodes.success;
    }
    if (application.attempt === 0 && outputFormat(options) === "text") {
      await context.stderr.write(
        `${printable(id)} is ${application.state} and has no output: ${application.end === null ? "it has not started yet" : "it never started"}\n`,
      );
      return exitCodes.success;
    }
    if (outputFormat(options) === "json") {
      await writeJson(context, {
        id,
        attempt: application.attempt,
        ...(await document(client, id, selection, application.attempt)),
      });
    } else {
      for (const stream of selection.streams)
        await copyKept(context, client, id, selection, stream);
    }
    return exitCodes.success;
  },
};

function parseSelection(options: LogsOptions): Selection {
  if (options.offset !== undefined && options.tail !== undefined) {
    throw new AlohaError("invalid-argument", "give either --offset or --tail, not both");
  }
  const only: OutputStream[] = [];
  if (options.stdout === true) only.push("stdout");
  if (options.stderr === true) only.push("stderr");
  return {
    streams: only.length === 0 ? ["stdout", "stderr"] : only,
    attempt:
      options.attempt === undefined ? undefined : parseCount("--attempt", options.attempt, 1),
    offset:
      options.offset === undefined
        ? parseTail(options.tail)
        : parseCount("--offset", options.offset, 0),
  };
}

function parseTail(text: string | undefined): number {
  if (text === undefined) return 0;
  const size = parseBytes(text, "B");
  if (!size.ok) throw new AlohaError("invalid-argument", `--tail: ${size.message}`);
  if (size.value === 0) throw new AlohaError("invalid-argument", "--tail must be at least 1 byte");
  return -size.value;
}

/** A stream that was chosen alone goes to stdout, where pipes and pagers expect it. */
function targetOf(
  context: CommandContext,
  selection: Selection,
  stream: OutputStream,
): CommandStream {
  return selection.streams.length === 1 || stream === "stdout" ? context.stdout : context.stderr;
}

async function follow(
  context: CommandContext,
  client: AlohaClient,
  id: string,
  selection: Selection,
): Promise<void> {
  await Promise.all(
    selection.streams.map((stream) =>
      copyOutput(context, client, id, {
        stream,
        attempt: selection.attempt,
        offset: selection.offset,
        target: targetOf(context, selection, stream),
      }),
    ),
  );
}

async function copyKept(
  context: CommandContext,
  client: AlohaClient,
  id: string,
  selection: Selection,
  stream: OutputStream,
): Promise<void> {
  const target = targetOf(context, selection, stream);
  let isFirst = true;
  for await (const page of readOutput(client, id, {
    stream,
    attempt: selection.attempt,
    offset: selection.offset,
  })) {
    if (isFirst && selection.offset >= 0 && page.offset > selection.offset) {
      await context.stderr.write(
        `aloha: ${page.offset - selection.offset} bytes of ${stream} were rolled away\n`,
      );
    }
    isFirst = false;
    await target.write(page.bytes);
    if (target.closed) return;
  }
}

async function document(
  client: AlohaClient,
  id: string,
  selection: Selection,
  attempt: number,
): Promise<Readonly<Record<string, unknown>>> {
  const streams: Record<string, unknown> = {};
  if (attempt === 0) return streams;
  for (const stream of selection.streams) {
    const pieces: Uint8Array[] = [];
    let offset: number | undefined;
    let nextOffset = 0;
    let complete = false;
    for await (const page of readOutput(client, id, {
      stream,
      attempt: selection.attempt,
      offset: selection.offset,
    })) {
      offset ??= page.offset;
      pieces.push(page.bytes);
      nextOffset = page.nextOffset;
      complete = page.complete;
      if (nextOffset - offset > documentBytesMax) {
        throw new AlohaError(
          "limit-exceeded",
          `more than ${documentBytesMax} bytes of ${stream}: ask for the end with --tail`,
        );
      }
    }
    streams[stream] = {
      offset: offset ?? 0,
      nextOffset,
      complete,
      text: Buffer.concat(pieces).toString("utf8"),
    };
  }
  return streams;
}
