/**
 * Appends every event to a file, each exactly once: where it goes on after a restart is read from the file itself.
 *
 *   EVENTS_FILE=/var/log/aloha-events.ndjson aloha master -Daloha.extraListeners=./examples/listeners/append-to-file.mjs
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";

const file = process.env.EVENTS_FILE ?? "aloha-events.ndjson";

/** @implements {import("@aloha/sdk").AlohaEventListener} */
export class AppendToFile {
  #cluster;

  constructor({ clusterId }) {
    this.#cluster = clusterId;
  }

  resumeAfter() {
    if (!existsSync(file)) return 0;
    const bytes = readFileSync(file);
    const end = bytes.lastIndexOf("\n") + 1;
    // A line that a crash cut short is written again.
    if (end < bytes.length) truncateSync(file, end);
    const last = bytes.subarray(0, end).toString().trimEnd().split("\n").at(-1);
    if (last === undefined || last === "") return 0;
    const { cluster, sequence } = JSON.parse(last);
    // Another cluster counts its events from 1 on, too.
    return cluster === this.#cluster ? sequence : 0;
  }

  onApplicationStateChange = (event) => this.#append(event);
  onApplicationRelaunched = (event) => this.#append(event);
  onOtherEvent = (event) => this.#append(event);

  onMissed({ after, next }) {
    this.#append({ sequence: next - 1, kind: "missed", after, next });
  }

  #append(event) {
    appendFileSync(file, `${JSON.stringify({ cluster: this.#cluster, ...event })}\n`);
  }
}
