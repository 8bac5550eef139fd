import { close, constants, fstatSync, open, opendir, readdir, rmdir, unlink } from "node:fs";
import type { Dirent } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { errorCode } from "@aloha/runtime/node";
import type { Pace } from "./pace.ts";

/** Each level holds a file open. */
const depthMax = 256;
/** How often a directory is looked through before something that fills it again wins. */
const passesMax = 5;
/** Directories that are larger, as the file system counts, are read piece by piece: others in one go, which costs a fraction. */
const directoryBytesMax = 65_536;

// Half of what the promises of node:fs cost, and most applications have two files.
const fs = {
  close: promisify(close),
  open: promisify(open),
  opendir: promisify(opendir),
  readdir: promisify(readdir),
  rmdir: promisify(rmdir),
  unlink: promisify(unlink),
};

/**
 * Removes the directory `name` of `parent` with everything in it, one thing at a time. What a link leads to stays,
 * also if a directory becomes a link meanwhile, and so does what is mounted there. Rejects with what keeps it from
 * going away; what was removed until then is gone.
 */
export async function removeTree(parent: string, name: string, pace: Pace): Promise<void> {
  await removeDirectory(join(parent, name), { pace, device: undefined, depth: 1 });
}

interface Descent {
  readonly pace: Pace;
  /** That of the top, once it is open. */
  readonly device: number | undefined;
  readonly depth: number;
}

async function removeDirectory(path: string, { pace, device, depth }: Descent): Promise<void> {
  if (depth > depthMax) throw new Error(`It is nested more than ${depthMax} directories deep.`);
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const fd = await fs.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    // Of what is open: no disk is asked.
    const { dev, size } = fstatSync(fd);
    if (device !== undefined && dev !== device) throw new Error("Something is mounted in it.");
    // By the open directory itself: whatever its path leads to by now, this stays what was looked at.
    const held = process.platform === "linux" ? `/proc/self/fd/${fd}` : path;
    const descent = { pace, device: dev, depth: depth + 1 };
    for (let pass = 1; ; pass++) {
      await removeContent(held, size <= directoryBytesMax, descent);
      if (await removeEmpty(path)) return;
      if (pass >= passesMax) throw new Error("It is filled again while it is emptied.");
    }
  } finally {
    await fs.close(fd);
  }
}

async function removeContent(path: string, isSmall: boolean, descent: Descent): Promise<void> {
  const entries = isSmall
    ? await fs.readdir(path, { withFileTypes: true })
    : await fs.opendir(path);
  for await (const entry of entries as AsyncIterable<Dirent> | Dirent[]) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await removeDirectory(child, descent);
    else await unlinkIfThere(child);
    await descent.pace();
  }
}

async function removeEmpty(path: string): Promise<boolean> {
  try {
    await fs.rmdir(path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
