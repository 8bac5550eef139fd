import type { Application } from "@aloha/api";
import type { AlohaClient } from "@aloha/api/client";
import { toAlohaError } from "@aloha/core/vocabulary";
import type { OutputStream } from "@aloha/core";
import type { CommandContext, CommandStream } from "./command-context.ts";
import { endText } from "./output/end-text.ts";
import { printable } from "./output/printable.ts";

/** Copies an application's output to stdout and stderr as it is written, and gives the application once it has ended. */
export async function followApplication(
  context: CommandContext,
  client: AlohaClient,
  id: string,
  signal?: AbortSignal,
): Promise<Application> {
  const [application] = await Promise.all([
    client.waitForEnd(id, { signal }),
    copyToTheEnd(context, client, id, "stdout", signal),
    copyToTheEnd(context, client, id, "stderr", signal),
  ]);
  return application;
}

/** One sentence about an end: `app-... FAILED: Failed with exit code 2`. */
export function describeEnd(application: Application): string {
  const { end } = application;
  if (end === null) return `${printable(application.id)} is ${printable(application.state)}`;
  const text = endText(end);
  return `${printable(application.id)} ${printable(end.state)}${text === "" ? "" : `: ${text}`}`;
}

/** Output that cannot be read any more must not hide how the application ended. */
async function copyToTheEnd(
  context: CommandContext,
  client: AlohaClient,
  id: string,
  stream: OutputStream,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await copyOutput(context, client, id, { stream, signal });
  } catch (error) {
    if (signal?.aborted === true) return;
    await context.stderr.write(
      `aloha: ${stream} cannot be read: ${printable(toAlohaError(error).message)}\n`,
    );
  }
}

/**
 * Copies one stream as it is written, over all attempts from the newest on, until the end or until the reader of
 * our own stream has gone away. What was rolled away in between is said on stderr.
 */
export async function copyOutput(
  context: CommandContext,
  client: AlohaClient,
  id: string,
  options: {
    readonly stream: OutputStream;
    readonly attempt?: number | undefined;
    readonly offset?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    /** Where it goes if not to our stream of the same name. */
    readonly target?: CommandStream;
  },
): Promise<void> {
  const target = options.target ?? context[options.stream];
  let attempt: number | undefined;
  let expected = options.offset ?? 0;
  for await (const piece of client.followLogs(id, options)) {
    if (attempt !== undefined && piece.attempt !== attempt) {
      expected = 0;
      await context.stderr.write(
        `aloha: attempt ${attempt} is over, attempt ${piece.attempt} follows\n`,
      );
    }
    if (expected >= 0 && piece.offset > expected) {
      await context.stderr.write(
        `aloha: ${piece.offset - expected} bytes of ${options.stream} were rolled away\n`,
      );
    }
    attempt = piece.attempt;
    expected = piece.offset + piece.bytes.length;
    await target.write(piece.bytes);
    if (target.closed) return;
  }
}
