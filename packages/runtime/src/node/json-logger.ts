import type { Logger } from "../logger.ts";
import { escapeControls, leveledLogger, type LoggerOptions } from "./leveled-logger.ts";

/**
 * One JSON object a line: `time` (ISO 8601, UTC), `level`, `message`, then the fields. Errors are
 * written with code, stack and causes, values of fields named like secrets are not written.
 */
export function jsonLogger(options: LoggerOptions = {}): Logger {
  return leveledLogger(options, (record) => {
    const own = {
      time: new Date(record.wallMs).toISOString(),
      level: record.level,
      message: record.message,
    };
    // Twice: the first sets the order, the second keeps a field from posing as the level or the message.
    return escapeControls(JSON.stringify({ ...own, ...record.fields, ...own }));
  });
}
