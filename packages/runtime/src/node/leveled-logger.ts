import type { LogFields, Logger } from "../logger.ts";
import {
  LOG_LEVELS,
  cutText,
  printableFields,
  type LogLevel,
  type LogValue,
} from "./log-record.ts";

/** One record, ready to be written. */
export interface LogRecord {
  readonly wallMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: { readonly [key: string]: LogValue };
}

/** Where lines go: process.stderr, or anything with its `write`. Standard streams write synchronously to files and pipes. */
export interface LogDestination {
  write(line: string): unknown;
}

/** Options of every logger. */
export interface LoggerOptions {
  /** Records below this level are dropped; "info" unless told otherwise. */
  readonly level?: LogLevel;
  /** process.stderr unless told otherwise. */
  readonly destination?: LogDestination;
  /** The wall clock in milliseconds since 1970. */
  readonly wallMs?: () => number;
}

/** A logger that turns each record into one line by `format`, which has to escape what the record holds. */
export function leveledLogger(
  options: LoggerOptions,
  format: (record: LogRecord) => string,
): Logger {
  const destination = options.destination ?? process.stderr;
  const wallMs = options.wallMs ?? Date.now;
  const threshold = LOG_LEVELS.indexOf(options.level ?? "info");

  const withFields = (inherited: LogFields): Logger => {
    const writerOf =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        if (LOG_LEVELS.indexOf(level) < threshold) return;
        const all = fields === undefined ? inherited : { ...inherited, ...fields };
        const record = {
          wallMs: wallMs(),
          level,
          message: cutText(message),
          fields: printableFields(all),
        };
        destination.write(`${format(record)}\n`);
      };
    return {
      debug: writerOf("debug"),
      info: writerOf("info"),
      warn: writerOf("warn"),
      error: writerOf("error"),
      child: (fields) => withFields({ ...inherited, ...fields }),
    };
  };
  return withFields({});
}

/**
 * Control characters and those that turn the direction of text would let a message forge lines or repaint
 * the terminal, so they are written as \uXXXX.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
