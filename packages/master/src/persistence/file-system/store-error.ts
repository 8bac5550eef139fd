import { AlohaError } from "@aloha/core";

/** A read that failed: what is stored is damaged. It stays as it is. */
export function unreadable(thrown: unknown, directory: string): AlohaError {
  if (thrown instanceof AlohaError && thrown.code !== "store-corrupt") return thrown;
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return new AlohaError(
    "store-corrupt",
    `The store in ${directory} is damaged (${what}). Nothing was changed. Restore it from a backup, or move the directory away to begin anew; workers keep what runs.`,
    { cause: thrown },
  );
}

/** A write that failed: what it held may or may not be on disk. */
export function commitError(thrown: unknown, directory: string): AlohaError {
  if (thrown instanceof AlohaError) return thrown;
  if (thrown instanceof Error && "commitError" in thrown && thrown.commitError instanceof Promise) {
    // The library tells the reason in a promise of its own; unheard, its rejection would end the process.
    thrown.commitError.catch(() => undefined);
  }
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return new AlohaError(
    "store-failed",
    `The store in ${directory} could not be written (${what}). Look at the disk and its free space, then start the master again.`,
    { cause: thrown },
  );
}
