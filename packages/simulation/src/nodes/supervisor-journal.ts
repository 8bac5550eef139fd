import type { JournalEntry } from "@aloha/supervisor/core";
import type { SimulatedLog } from "../world/simulated-log.ts";
import type { SimulatedProcess } from "../world/simulated-process.ts";

/** After a failure the journal is written anew this often, until that succeeds. */
const retryMs = 2_000;

export interface SupervisorJournalOptions {
  readonly process: SimulatedProcess;
  readonly log: SimulatedLog<JournalEntry>;
  /** Entries that say all that those appended so far say. */
  readonly snapshot: () => readonly JournalEntry[];
  readonly onDurable: (sequence: number) => void;
  readonly onFailed: () => void;
}

/** Writes a supervisor's journal, and mends it after a full disk: what failed is then part of a whole new journal. */
export class SupervisorJournal {
  readonly #options: SupervisorJournalOptions;
  #sequence = 0;
  #hasFailed = false;

  constructor(options: SupervisorJournalOptions) {
    this.#options = options;
  }

  append(entries: readonly JournalEntry[], sequence: number): void {
    const { process, log, onDurable } = this.#options;
    this.#sequence = sequence;
    if (this.#hasFailed) return;
    const done = (): void => {
      if (!this.#hasFailed) onDurable(sequence);
    };
    log.append(
      entries,
      () => process.run(done),
      () => process.run(() => this.#fail()),
    );
  }

  #fail(): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFailed();
    this.#mend();
  }

  #mend(): void {
    const { process, log, snapshot, onDurable } = this.#options;
    const sequence = this.#sequence;
    const done = (): void => {
      // What came while it was being written is in the state alone.
      if (this.#sequence !== sequence) this.#mend();
      else this.#hasFailed = false;
      onDurable(sequence);
    };
    const retry = (): void => {
      process.after(retryMs, () => this.#mend());
    };
    log.replace(
      snapshot(),
      () => process.run(done),
      () => process.run(retry),
    );
  }
}
