import type { CommandContext } from "../command-context.ts";

/** The one JSON document of a command that was asked for JSON. */
export async function writeJson(context: CommandContext, value: unknown): Promise<void> {
  await context.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
