import { existsSync } from "node:fs";
import { AlohaError } from "@aloha/core/vocabulary";
import { acquireFileLock } from "@aloha/runtime/node";
import type { CommandContext } from "../command-context.ts";
import { pause } from "../pause.ts";

/** A worker that lost its `aloha dev` waits up to 10 s for a master to say that its work may go on without it. */
const leavePatienceMs = 20_000;
const retryMs = 100;

/**
 * Waits until the worker of an earlier `aloha dev`, one that was killed, has left the work directory: the
 * new master lets it go. Throws AlohaError (`conflict`) if it stays.
 */
export async function untilEarlierWorkerLeft(
  context: CommandContext,
  workDirectory: string,
): Promise<void> {
  const { workDirectoryLockPath } = await import("@aloha/worker");
  const path = workDirectoryLockPath(workDirectory);
  if (!existsSync(path)) return;
  const deadline = context.clock.monotonicMs() + leavePatienceMs;
  for (;;) {
    const result = await acquireFileLock(path, { purpose: "aloha dev" });
    if (result.kind === "acquired") return result.lock.release();
    if (context.clock.monotonicMs() > deadline) {
      throw new AlohaError(
        "conflict",
        `a worker is in ${workDirectory} and does not leave: ${result.message} Stop it, or give this \`aloha dev\` another directory with --dir.`,
      );
    }
    await pause(context.timers, retryMs);
  }
}
