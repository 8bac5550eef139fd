/** What a log held when it was opened. */
export interface AppendLogContents<Entry> {
  readonly entries: readonly Entry[];
  /** Bytes of a torn last write that were cut off; 0 after an orderly end. */
  readonly tornBytes: number;
}

/**
 * A durable sequence of entries: the journals of worker and supervisor. Entries that were
 * appended but not yet flushed may be lost in a crash, a torn tail is recognised by its
 * checksum and cut off, and anything else that cannot be read refuses to open: nothing is
 * ever thrown away because it could not be understood.
 */
export interface AppendLog<Entry> {
  /**
   * Appends `entries` and settles once they are on disk. Appends made while a flush is under
   * way share the next one. After a failure every later append fails with the same cause.
   */
  append(entries: readonly Entry[]): Promise<void>;
  /** Replaces the whole log by `entries` atomically (written beside, synced, renamed). */
  rewrite(entries: readonly Entry[]): Promise<void>;
  /** Bytes on disk, so that the owner can decide when to rewrite. */
  readonly sizeBytes: number;
  close(): Promise<void>;
}
