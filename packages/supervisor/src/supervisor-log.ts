import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import type { Logger } from "@aloha/runtime";
import { jsonLogger } from "@aloha/runtime/node";

/** The log and its one predecessor take at most twice this. */
const LOG_BYTES_MAX = 4 * 1024 * 1024;

/** A logger that writes to `path`, which is rolled to `<path>.1` when it is full. */
export function supervisorLog(path: string): Logger {
  let fd = openSync(path, "a", 0o640);
  let sizeBytes = fstatSync(fd).size;
  const write = (line: string): void => {
    try {
      if (sizeBytes > LOG_BYTES_MAX) {
        renameSync(path, `${path}.1`);
        closeSync(fd);
        fd = openSync(path, "a", 0o640);
        sizeBytes = 0;
      }
      sizeBytes += writeSync(fd, line);
    } catch {
      // A full disk must not end the supervisor; the worker hears of it through alerts.
    }
  };
  return jsonLogger({ destination: { write } });
}
