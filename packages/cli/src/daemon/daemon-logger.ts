import type { Logger } from "@aloha/runtime";
import { LOG_LEVELS, jsonLogger, prettyLogger } from "@aloha/runtime/node";
import type { LogLevel } from "@aloha/runtime/node";
import { Option } from "commander";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { wantsColor } from "../output/paint.ts";

export interface LoggerFlags {
  readonly logFormat?: "text" | "json";
  readonly logLevel: LogLevel;
}

export function addLoggerOptions(command: Command): void {
  command
    .addOption(
      new Option(
        "--log-format <format>",
        "of the log on stderr (default: text at a terminal, else json)",
      ).choices(["text", "json"]),
    )
    .addOption(
      new Option("--log-level <level>", "what is logged").choices(LOG_LEVELS).default("info"),
    );
}

/** The log of a daemon, on stderr: for people at a terminal, else one JSON object a line. */
export function daemonLogger(context: CommandContext, flags: LoggerFlags): Logger {
  const { isTerminal } = context.stderr;
  const format = flags.logFormat ?? (isTerminal ? "text" : "json");
  if (format === "json") return jsonLogger({ level: flags.logLevel });
  return prettyLogger({
    level: flags.logLevel,
    color: wantsColor(isTerminal, context.environment),
  });
}
