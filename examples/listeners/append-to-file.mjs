/**
 * Appends every event to a file, each exactly once: where it goes on after a restart is read from the file itself.
 *
 *   EVENTS_FILE=/var/log/aloha-events.ndjson aloha master -Daloha.extraListeners=./examples/listeners/append-to-file.mjs
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";

const file = process.env.EVENTS_FILE ?? "aloha-events.ndjson";

/** @implements {import("@aloha/sdk").AlohaEventListener} */
export class AppendToFile {
  onApplicationStateChange = append;
  onApplicationRelaunched = append;
  onOtherEvent = append;

  resumeAfter() {
    if (!existsSync(file)) return 0;
    const bytes = readFileSync(file);
    const end = bytes.lastIndexOf("\n") + 1;
    // A line that a crash cut short is written again.
    if (end < bytes.length) truncateSync(file, end);
    const last = bytes.subarray(0, end).toString().trimEnd().split("\n").at(-1);
    return last ? JSON.parse(last).sequence : 0;
  }

  onMissed({ after, next }) {
    append({ sequence: next - 1, kind: "missed", after, next });
  }
}

function append(event) {
  appendFileSync(file, `${JSON.stringify(event)}\n`);
}
