import { isTerminal } from "@aloha/core";
import type { AlohaClient } from "@aloha/api/client";

/** Follows the events from the first on until `count` applications have finished; rejects if one ends otherwise, or `timeoutMs` pass. */
export async function allFinished(
  client: AlohaClient,
  count: number,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  let finished = 0;
  for await (const event of client.events({ after: 0, signal })) {
    if (event.kind !== "application-state-changed" || !isTerminal(event.to)) continue;
    if (event.to !== "FINISHED") {
      throw new Error(`${event.appId} ended as ${event.to}: ${event.reason} ${event.message}`);
    }
    finished++;
    if (finished === count) return;
  }
  throw new Error(`The events ended after ${finished} of ${count} applications.`);
}
