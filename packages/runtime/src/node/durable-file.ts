import { open, rename, rm, statfs, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Options of writeFileDurably. */
export interface DurableFileOptions {
  /** Permission bits of the file; 0600 unless told otherwise, since most of what is kept so is private. */
  readonly mode?: number;
}

/**
 * Replaces the file by `content` so that a crash at any moment leaves the old or the new
 * content, whole: written beside as `<path>.new`, synced, renamed, and the directory synced.
 * The caller sees to it that nobody else writes the same path meanwhile. Rejects with the system's error
 * (ENOSPC, EACCES ...); the old content is then still there, unless only the last directory sync failed.
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  options: DurableFileOptions = {},
): Promise<void> {
  const file = await replaceFile(path, content, options);
  await file.close();
  await syncDirectory(dirname(path));
}

/**
 * The first half of writeFileDurably: after it `path` names the new content, synced, and the
 * returned handle is open on it for reading and writing; a crash may still bring the old
 * content back until the directory is synced. If it rejects, nothing has changed.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: DurableFileOptions = {},
): Promise<FileHandle> {
  const beside = `${path}.new`;
  // A leftover of a crash may carry other permissions, which opening it again would keep.
  await rm(beside, { force: true });
  const file = await open(beside, "wx+", options.mode ?? 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    await rename(beside, path);
    return file;
  } catch (error) {
    await file.close();
    await rm(beside, { force: true });
    throw error;
  }
}

/** Makes creations, renames and deletions in `directory` survive a crash. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes that an unprivileged process may still write to the file system that holds `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
