import type { Logger } from "@aloha/runtime";
import type { CommandContext } from "../command-context.ts";
import { isToChild } from "./parent-messages.ts";
import type { ToParent } from "./parent-messages.ts";

/** A daemon that has been started. */
export interface ServedDaemon {
  readonly ready: ToParent;
  /** Stops in an orderly way; `stopWork` ends running applications too. Gives the exit status. */
  stop(options: { readonly stopWork: boolean }): Promise<number>;
  /** Settles when it has ended, or cannot go on and has to be stopped: with null if that was in order, else with the reason. */
  readonly ended: Promise<DaemonFailure | null>;
}

export interface DaemonFailure {
  readonly exitCode: number;
  readonly error: Error;
}

/** Why a daemon stops. */
type StopCause =
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "asked"; readonly stopWork: boolean }
  | { readonly kind: "orphaned" }
  | { readonly kind: "ended"; readonly failure: DaemonFailure | null };

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
    void daemon.ended.then((failure) => resolve({ kind: "ended", failure }));
  });
  if (process.connected) process.send?.(daemon.ready);
  const why = await cause;
  sayWhy(logger, why);
  const exitCode = await daemon.stop({ stopWork: why.kind === "asked" && why.stopWork });
  logger.info("stopped");
  if (process.connected) process.disconnect();
  return why.kind === "ended" && why.failure !== null ? why.failure.exitCode : exitCode;
}

function sayWhy(logger: Logger, why: StopCause): void {
  switch (why.kind) {
    case "signal":
      logger.info("stopping", { signal: why.signal });
      break;
    case "asked":
      logger.info("stopping, as its parent asked", { stopWork: why.stopWork });
      break;
    case "orphaned":
      logger.warn("stopping, since its parent is gone");
      break;
    case "ended":
      if (why.failure !== null)
        logger.error("stopping, since it cannot go on", { error: why.failure.error });
      break;
  }
}
