import { AlohaError, toAlohaError } from "@aloha/core";
import type { AgentLink } from "./agent/agent-link.ts";
import { findLivingAgent, startAgent, type AgentPlace } from "./agent/open-agent.ts";

/** `auto`: the agent where it can be built, else Node. */
export const spawnerModes = ["auto", "agent", "node"] as const;
export type SpawnerMode = (typeof spawnerModes)[number];

export type AgentChoice =
  | { readonly kind: "agent"; readonly link: AgentLink }
  /** Why processes are started from Node. */
  | { readonly kind: "none"; readonly reason: string };

/**
 * The agent that starts processes, if one is wanted and can be had. One that holds attempts is taken
 * over whatever is wanted. Rejects with AlohaError if `mode` insists on one.
 */
export async function chooseAgent(mode: SpawnerMode, place: AgentPlace): Promise<AgentChoice> {
  const living = await findLivingAgent(place);
  if (living !== null && living.held.length > 0) return { kind: "agent", link: living };
  // It may be of an older release, and there is nothing to be lost.
  await living?.end();
  if (mode === "node") return { kind: "none", reason: "aloha.supervisor.spawner is node" };
  try {
    return { kind: "agent", link: await startAgent(place) };
  } catch (error) {
    const { message } = toAlohaError(error);
    if (mode === "auto") return { kind: "none", reason: `the spawn agent cannot run: ${message}` };
    throw new AlohaError(
      "refused",
      `aloha.supervisor.spawner is agent, and the spawn agent cannot run: ${message}`,
      { cause: error },
    );
  }
}
