import type { Logger } from "@aloha/runtime";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-code.ts";
import { isToChild } from "./parent-messages.ts";
import type { ToParent } from "./parent-messages.ts";

/** A daemon that has been started. */
export interface ServedDaemon {
  readonly ready: ToParent;
  /** Stops in an orderly way; `stopWork` ends running applications too. */
  stop(options: { readonly stopWork: boolean }): Promise<void>;
  /** Settles with the reason if it cannot go on, for instance because its store failed. */
  readonly failed: Promise<Error>;
}

/** Why a daemon stops. */
type StopCause =
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "asked"; readonly stopWork: boolean }
  | { readonly kind: "orphaned" }
  | { readonly kind: "failed"; readonly error: Error };

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Keeps a daemon running until SIGTERM, SIGINT, its parent's word, its parent's end (where it was forked) or its
 * own failure, then stops it. A second signal ends the process at once: whatever it manages is made to survive that.
 */
export async function serveUntilStopped(
  context: CommandContext,
  logger: Logger,
  daemon: ServedDaemon,
): Promise<number> {
  const cause = new Promise<StopCause>((resolve) => {
    context.onInterrupt((count, signal) => {
      if (count > 1) {
        logger.warn("second signal: ending at once", { signal });
        process.exit(128 + signalNumbers[signal]);
      }
      resolve({ kind: "signal", signal });
    });
    process.on("message", (message) => {
      if (isToChild(message)) resolve({ kind: "asked", stopWork: message.stopWork });
    });
    process.on("disconnect", () => resolve({ kind: "orphaned" }));
    void daemon.failed.then((error) => resolve({ kind: "failed", error }));
  });
  if (process.connected) process.send?.(daemon.ready);
  const why = await cause;
  if (why.kind === "failed") {
    logger.error("stopping, since it cannot go on", { error: why.error });
  } else {
    logger.info("stopping", why.kind === "signal" ? { signal: why.signal } : { cause: why.kind });
  }
  await daemon.stop({ stopWork: why.kind === "asked" && why.stopWork });
  logger.info("stopped");
  if (process.connected) process.disconnect();
  return why.kind === "failed" ? exitCodes.fault : exitCodes.success;
}
