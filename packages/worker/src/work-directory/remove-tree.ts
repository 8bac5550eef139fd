import { constants } from "node:fs";
import { open, opendir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "@aloha/runtime/node";
import type { Pace } from "./pace.ts";

/** Each level holds a file open. */
const depthMax = 256;
/** How often a directory is looked through before something that fills it again wins. */
const passesMax = 5;

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
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const { dev } = await handle.stat();
    if (device !== undefined && dev !== device) throw new Error(`Something is mounted in it.`);
    // By the open directory itself: whatever its path leads to by now, this stays what was looked at.
    const held = process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path;
    await removeContent(held, { pace, device: dev, depth: depth + 1 });
  } finally {
    await handle.close();
  }
  await rmdir(path);
}

async function removeContent(path: string, descent: Descent): Promise<void> {
  for (let pass = 0; pass < passesMax; pass++) {
    let isEmpty = true;
    for await (const entry of await opendir(path)) {
      isEmpty = false;
      const child = join(path, entry.name);
      if (entry.isDirectory()) await removeDirectory(child, descent);
      else await unlink(child).catch(ignoreMissing);
      await descent.pace();
    }
    if (isEmpty) return;
  }
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}
