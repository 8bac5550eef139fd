import type { Command } from "commander";
import type { CommandContext } from "./command-context.ts";

/** One command: `commands/<noun>-<verb>.ts` exports one. */
export interface CommandDefinition {
  /** Declares arguments, options and help. Name and summary are in the command table. */
  configure(command: Command): void;
  /** Runs with what was parsed; gives the exit status. Refusals and failures are thrown as AlohaError. */
  run(context: CommandContext, command: Command): Promise<number>;
}
