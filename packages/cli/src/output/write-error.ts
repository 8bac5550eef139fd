import type { ErrorCode } from "@aloha/core";
import type { CommandContext, OutputFormat } from "../command-context.ts";
import { printable } from "./printable.ts";

/**
 * Says on stderr what went wrong: `aloha: message`, or `{"error": {"code", "message"}}` where JSON was
 * asked for. Nothing is written to stdout, so that a script never takes an error for an answer.
 */
export async function writeError(
  context: CommandContext,
  format: OutputFormat,
  code: ErrorCode,
  message: string,
): Promise<void> {
  if (format === "json") {
    await context.stderr.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
    return;
  }
  const lines = message.split("\n").map(printable);
  await context.stderr.write(`${context.stderr.paint.error("aloha:")} ${lines.join("\n")}\n`);
}
