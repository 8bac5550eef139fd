import type { AlohaClient } from "@aloha/api/client";
import { AlohaError, liveStates, toAlohaError } from "@aloha/core/vocabulary";
import type { DevScreen } from "./dev-screen.ts";

const atOnceMax = 50;

/**
 * Ends every live application and waits until their processes are gone. Asks with grace; from the moment that
 * `force` fires, without. Gives whether all have ended: `aloha dev` goes down in any case.
 */
export async function endApplications(client: AlohaClient, screen: DevScreen, force: AbortSignal, limitMs: number): Promise<boolean> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    const ids: string[] = [];
    for await (const application of client.listAll({ state: liveStates, signal: limit })) ids.push(application.id);
    if (ids.length === 0) return true;
    screen.say("stopping", `${ids.length === 1 ? "1 application" : `${ids.length} applications`} (Ctrl-C again skips the grace period)`);
    const killNow = (): void => void killAll(client, ids, true, limit).catch(() => undefined);
    force.addEventListener("abort", killNow, { once: true });
    await killAll(client, ids, force.aborted, limit);
    for (const id of ids) await client.waitForEnd(id, { signal: limit });
    force.removeEventListener("abort", killNow);
    screen.say("stopping", "all of them have ended, and their processes are gone");
    return true;
  } catch (error) {
    const reason = limit.aborted ? `not all ended within ${limitMs / 1000} s` : toAlohaError(error).message;
    screen.say("stopping", `${reason}; the worker ends what is left`);
    return false;
  }
}

async function killAll(client: AlohaClient, ids: readonly string[], immediately: boolean, signal: AbortSignal): Promise<void> {
  for (let first = 0; first < ids.length; first += atOnceMax) {
    await Promise.all(
      ids.slice(first, first + atOnceMax).map((id) => killOne(client, id, immediately, signal)),
    );
  }
}

async function killOne(client: AlohaClient, id: string, immediately: boolean, signal: AbortSignal): Promise<void> {
  try {
    await client.kill(id, { immediately, reason: "aloha dev is stopping" }, { signal });
  } catch (error) {
    // It may have ended, and been forgotten, meanwhile.
    if (!(error instanceof AlohaError) || error.code !== "not-found") throw error;
  }
}
