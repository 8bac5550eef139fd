import { join } from "node:path";
import { AlohaError, toAlohaError } from "@aloha/core";
import type { Runtime } from "@aloha/runtime";
import { processIdentity } from "@aloha/runtime/node";
import { AgentLink } from "./agent-link.ts";
import { findAgentBinary } from "./build-agent.ts";
import { connectAgent, launchAgent } from "./launch-agent.ts";

export interface AgentPlace {
  readonly runtime: Runtime;
  /** The supervisor's state directory. */
  readonly directory: string;
  readonly socketPath: string;
}

/** The agent of an earlier supervisor of this directory; null if there is none that can be spoken with. */
export async function findLivingAgent(place: AgentPlace): Promise<AgentLink | null> {
  const { runtime, socketPath } = place;
  const socket = await connectAgent(socketPath);
  if (socket === null) return null;
  try {
    return await AgentLink.greet(socket, runtime.timers, runtime.logger);
  } catch (error) {
    // It holds what this supervisor cannot take over: what it guards is killed, as if there were none.
    runtime.logger.error("The spawn agent of an earlier supervisor cannot be taken over", {
      error,
    });
    return null;
  }
}

/** Starts an agent, after building it if need be. Rejects with AlohaError, whose message says why there is none. */
export async function startAgent(place: AgentPlace): Promise<AgentLink> {
  const { runtime, directory, socketPath } = place;
  // Its children are known by their start times.
  if ((processIdentity(process.pid)?.startTicks ?? 0) === 0)
    throw new AlohaError("refused", "there is no /proc");
  const found = await findAgentBinary(directory);
  if (found.kind === "none") throw new AlohaError("refused", found.reason);
  try {
    const socket = await launchAgent({
      binary: found.path,
      socketPath,
      directory,
      errorsPath: join(directory, "spawn-agent.err"),
      timers: runtime.timers,
    });
    return await AgentLink.greet(socket, runtime.timers, runtime.logger);
  } catch (error) {
    throw toAlohaError(error);
  }
}
