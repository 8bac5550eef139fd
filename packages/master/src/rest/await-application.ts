import { AlohaError, type ApplicationRecord } from "@aloha/core";
import type { StoredApplication } from "../persistence/engine.ts";
import { findApplication } from "./find-application.ts";
import { leading, type RestContext } from "./rest-context.ts";

export interface AwaitOptions {
  /** What is waited for. */
  readonly isReached: (application: ApplicationRecord) => boolean;
  /** How long at most; then the application is given as it is. */
  readonly waitMs: number;
  /** Fires when nobody waits any more. */
  readonly gone: AbortSignal;
}

/**
 * The application, as soon as `isReached` holds or the time is over; looks at it only when it has changed. Throws `not-found`
 * (404), `limit-exceeded` if too many wait, and what `leading` throws once the leadership is over.
 */
export async function awaitApplication(
  context: RestContext,
  appId: string,
  { isReached, waitMs, gone }: AwaitOptions,
): Promise<StoredApplication> {
  using watch = leading(context).waits.watch(appId);
  if (watch === undefined) {
    throw new AlohaError(
      "limit-exceeded",
      "Too many clients wait for applications: ask without waiting, or try again in a moment.",
    );
  }
  const late = new AbortController();
  const timer = context.runtime.timers.after(waitMs, () => late.abort());
  const over = AbortSignal.any([late.signal, gone]);
  try {
    for (;;) {
      const stored = await findApplication(leading(context), appId);
      if (over.aborted || isReached(stored.application)) return stored;
      await watch.changed(over);
    }
  } finally {
    timer.clear();
  }
}
