import { invariant } from "@aloha/core/vocabulary";
import type { Command } from "commander";

/** An argument that the command declares as required, so that the parser has seen to it. */
export function requiredArgument(command: Command, index: number): string {
  const argument = command.args[index];
  invariant(
    argument !== undefined,
    `argument ${index} of ${command.name()} is declared as required`,
  );
  return argument;
}
