export { runCommandLine } from "./run-command-line.ts";
export { processContext } from "./process-context.ts";
export { exitCodes } from "./exit-code.ts";
export type { CommandContext, CommandStream, OutputFormat } from "./command-context.ts";
