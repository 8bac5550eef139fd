import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { AppendLog, Timers } from "@aloha/runtime";
import { openAppendLog } from "@aloha/runtime/node";
import { toJournalEntry, type JournalEntry } from "./core/index.ts";

/** A journal below this size is never rewritten. */
const REWRITE_BYTES_MIN = 4 * 1024 * 1024;
const RETRY_MS = 2_000;
/** Given up when the disk is full, so that kills and ends can still be recorded. */
const BALLAST_BYTES = 1024 * 1024;
const BALLAST_CHECK_MS = 60_000;

export interface JournalWriterOptions {
  readonly path: string;
  readonly timers: Timers;
  /** All entries that say what those appended so far say. */
  readonly snapshot: () => readonly JournalEntry[];
  readonly onDurable: (sequence: number) => void;
  readonly onFailed: (message: string) => void;
}

/**
 * Writes the journal, keeps it short, and mends it after a full disk: what could not be
 * appended is then written as part of a whole new journal.
 */
export class JournalWriter {
  readonly #options: JournalWriterOptions;
  readonly #ballastPath: string;
  #log: AppendLog<JournalEntry>;
  #sequence = 0;
  #failed = false;
  #rewriting = false;
  #rewrittenBytes = 0;

  private constructor(options: JournalWriterOptions, log: AppendLog<JournalEntry>) {
    this.#options = options;
    this.#log = log;
    this.#ballastPath = `${options.path}.ballast`;
    this.#keepBallast();
    options.timers.every(BALLAST_CHECK_MS, () => this.#keepBallast(), { keepAlive: false });
  }

  /** Opens the journal and gives what it holds. Rejects if it is damaged or of a newer release. */
  static async open(options: JournalWriterOptions): Promise<{
    readonly writer: JournalWriter;
    readonly entries: readonly JournalEntry[];
    readonly tornBytes: number;
  }> {
    const { log, entries, tornBytes } = await openAppendLog(options.path, {
      format,
      decode: toJournalEntry,
    });
    return { writer: new JournalWriter(options, log), entries, tornBytes };
  }

  /** Appends entries, the last of which has this sequence; `onDurable` follows. */
  append(entries: readonly JournalEntry[], sequence: number): void {
    this.#sequence = sequence;
    // While it is failed the entries are kept in the state, from which the journal is written anew.
    if (this.#failed) return;
    this.#log.append(entries).then(
      () => {
        // After a failure only a rewrite says what is durable: earlier entries may be missing.
        if (!this.#failed) this.#options.onDurable(sequence);
        this.#rewriteIfLarge();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  async close(): Promise<void> {
    await this.#log.close();
  }

  #rewriteIfLarge(): void {
    const { sizeBytes } = this.#log;
    if (
      this.#rewriting ||
      this.#failed ||
      sizeBytes < Math.max(REWRITE_BYTES_MIN, 2 * this.#rewrittenBytes)
    )
      return;
    this.#rewriting = true;
    this.#log.rewrite(this.#options.snapshot()).then(
      () => {
        this.#rewriting = false;
        this.#rewrittenBytes = this.#log.sizeBytes;
      },
      (error: unknown) => {
        this.#rewriting = false;
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailed(error instanceof Error ? error.message : String(error));
    rmSync(this.#ballastPath, { force: true });
    this.#mend().catch(() => this.#retryLater());
  }

  #retryLater(): void {
    this.#options.timers.after(RETRY_MS, () => {
      this.#mend().catch(() => this.#retryLater());
    });
  }

  /** A disk that is nearly full keeps what is left: then there is no ballast, and nothing to give up later. */
  #keepBallast(): void {
    if (this.#failed || existsSync(this.#ballastPath)) return;
    try {
      writeFileSync(this.#ballastPath, Buffer.alloc(BALLAST_BYTES), { mode: 0o600 });
    } catch {
      rmSync(this.#ballastPath, { force: true });
    }
  }

  async #mend(): Promise<void> {
    await this.#log.close().catch(() => {});
    const { log } = await openAppendLog(this.#options.path, { format, decode: toJournalEntry });
    this.#log = log;
    const sequence = this.#sequence;
    await log.rewrite(this.#options.snapshot());
    this.#failed = false;
    this.#rewrittenBytes = log.sizeBytes;
    this.#options.onDurable(sequence);
    // What came while the new journal was being written is in the state alone.
    if (this.#sequence !== sequence) this.#appendMissed();
  }

  #appendMissed(): void {
    const sequence = this.#sequence;
    this.#log.rewrite(this.#options.snapshot()).then(
      () => this.#options.onDurable(sequence),
      (error: unknown) => this.#fail(error),
    );
  }
}

const format = { name: "supervisor-journal", version: 1 };
