import { terminalStates } from "@aloha/core";
import type { AlohaClient } from "@aloha/api/client";

const POLL_MS = 20;

/** Settles when no application is live any more; rejects if one ended otherwise than FINISHED, or `timeoutMs` pass. */
export async function noneLive(client: AlohaClient, timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const { applications } = await client.overview();
    const live = Object.values(applications).reduce((sum, count) => sum + count, 0);
    if (live === 0) break;
    if (performance.now() > deadlineMs) throw new Error(`${live} applications are still live.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const bad = terminalStates.filter((state) => state !== "FINISHED");
  const [first] = (await client.list({ state: bad, limit: 1 })).applications;
  if (first !== undefined)
    throw new Error(`${first.id} ended as ${first.state}: ${first.end?.message}`);
}
