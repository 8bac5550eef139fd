import type { AlohaClient } from "@aloha/api/client";
import { AlohaError, liveStates, toAlohaError } from "@aloha/core/vocabulary";
import type { Timers } from "@aloha/runtime";
import { onceAborted } from "../once-aborted.ts";
import type { DevScreen } from "./dev-screen.ts";

const atOnceMax = 50;
const graceLimitMs = 60_000;
/** A kill without grace is over long before where all is well; a master that does not answer gets no more. */
const forcedLimitMs = 5000;

/**
 * Ends every live application and waits until their processes are gone: with their grace, until `force`
 * fires, then without. Takes about a minute at most, and never throws: whoever stops goes on stopping.
 */
export async function endApplications(
  client: AlohaClient,
  timers: Timers,
  screen: DevScreen,
  force: AbortSignal,
): Promise<void> {
  const limit = new AbortController();
  const limitAfter = (limitMs: number): void => {
    timers.after(limitMs, () => limit.abort(), { keepAlive: false });
  };
  limitAfter(graceLimitMs);
  const forced = onceAborted(force).then(() => limitAfter(forcedLimitMs));
  const options = { signal: limit.signal };
  try {
    const ids: string[] = [];
    for await (const application of client.listAll({ state: liveStates, ...options }))
      ids.push(application.id);
    if (ids.length === 0) return;
    const what = ids.length === 1 ? "1 application" : `${ids.length} applications`;
    screen.say("stopping", `${what} (Ctrl-C again skips the grace period)`);
    // A failure of the second round shows as the end of the wait below.
    void forced.then(() => killAll(client, ids, true, limit.signal)).catch(() => undefined);
    await killAll(client, ids, false, limit.signal);
    for (const id of ids) await client.waitForEnd(id, options);
    screen.say("stopping", "all of them have ended, and their processes are gone");
  } catch (error) {
    const reason = limit.signal.aborted
      ? "not all have ended in time"
      : toAlohaError(error).message;
    screen.say("stopping", `${reason}; the worker ends what is left`);
  }
}

async function killAll(
  client: AlohaClient,
  ids: readonly string[],
  immediately: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (let first = 0; first < ids.length; first += atOnceMax) {
    await Promise.all(
      ids.slice(first, first + atOnceMax).map((id) => killOne(client, id, immediately, signal)),
    );
  }
}

async function killOne(
  client: AlohaClient,
  id: string,
  immediately: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.kill(id, { immediately, reason: "aloha dev is stopping" }, { signal });
  } catch (error) {
    // It may have ended, and been forgotten, meanwhile.
    if (!(error instanceof AlohaError) || error.code !== "not-found") throw error;
  }
}
