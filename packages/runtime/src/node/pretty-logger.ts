import type { Logger } from "../logger.ts";
import { escapeControls, leveledLogger, type LoggerOptions } from "./leveled-logger.ts";
import type { LogLevel, LogValue } from "./log-record.ts";

/** Options of prettyLogger. */
export interface PrettyLoggerOptions extends LoggerOptions {
  /** Colours the level; for terminals only. */
  readonly color?: boolean;
}

const LABELS: Readonly<Record<LogLevel, { readonly text: string; readonly color: number }>> = {
  debug: { text: "DEBUG", color: 90 },
  info: { text: "INFO ", color: 32 },
  warn: { text: "WARN ", color: 33 },
  error: { text: "ERROR", color: 31 },
};

/**
 * For people: time (UTC), level, message and `name=value` fields in one line. Of an error the messages
 * of the whole chain of causes are written, but no stack.
 */
export function prettyLogger(options: PrettyLoggerOptions = {}): Logger {
  return leveledLogger(options, (record) => {
    const label = LABELS[record.level];
    const level =
      options.color === true ? `\u001b[${label.color}m${label.text}\u001b[39m` : label.text;
    const fields = Object.entries(record.fields).map(
      ([name, value]) => ` ${escapeControls(name)}=${prettyValue(value)}`,
    );
    const time = new Date(record.wallMs).toISOString().replace("T", " ");
    return `${time} ${level} ${escapeControls(record.message)}${fields.join("")}`;
  });
}

function prettyValue(value: LogValue): string {
  if (typeof value === "string" && /^[\w.:/@+-]+$/.test(value)) return value;
  const chain = errorChain(value);
  return escapeControls(JSON.stringify(chain.length > 0 ? chain.join(", because: ") : value));
}

/** The messages of an error and its causes; empty if the value is no error. */
function errorChain(value: LogValue | undefined): readonly string[] {
  if (typeof value !== "object" || value === null || !("message" in value)) return [];
  const { message, stack, cause } = value;
  if (typeof message !== "string" || typeof stack !== "string") return [];
  return [message, ...errorChain(cause)];
}
