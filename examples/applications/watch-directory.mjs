import { watch } from "node:fs/promises";
import { AbstractApplication, ExitState } from "@aloha/sdk";

/** Says what changes in the directory that `args` names, until it is stopped: what a long-running application looks like. */
export class WatchDirectory extends AbstractApplication {
  #changes = 0;

  async start() {
    const path = String(this.description.args);
    console.log(`watching ${path}`);
    try {
      for await (const { eventType, filename } of watch(path, { signal: this.signal })) {
        this.#changes++;
        console.log(`${eventType} ${filename}`);
      }
    } catch (error) {
      // The signal ends the watch; anything else is a failure, with its own message.
      if (!this.signal.aborted) throw error;
    }
    return ExitState.finished(`${this.#changes} changes`);
  }

  clean() {
    console.log("no longer watching");
  }
}
