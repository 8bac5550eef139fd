import { statSync, type Stats } from "node:fs";
import type { Timers } from "@aloha/runtime";
import { errorCode } from "@aloha/runtime/node";

const lookMs = 500;

/**
 * Calls `onGone`, once, when the file at `path` is no longer the one that was there at first: somebody has removed
 * the directory it lies in, or has put another in its place. What merely cannot be looked at just now does not count.
 */
export function watchDirectory(path: string, timers: Timers, onGone: () => void): void {
  const first = statSync(path);
  const timer = timers.every(lookMs, () => {
    if (isStillThere(path, first)) return;
    timer.clear();
    onGone();
  });
}

function isStillThere(path: string, first: Stats): boolean {
  try {
    const now = statSync(path);
    return now.ino === first.ino && now.dev === first.dev;
  } catch (error) {
    return errorCode(error) !== "ENOENT";
  }
}
