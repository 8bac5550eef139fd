import { join } from "node:path";
import { AlohaError, toAlohaError } from "@aloha/core";
import type { Runtime } from "@aloha/runtime";
import { processIdentity } from "@aloha/runtime/node";
import { signalProcess } from "../../containment/signal-process.ts";
import { AgentLink } from "./agent-link.ts";
import { findAgentBinary } from "./build-agent.ts";
import { connectAgent, launchAgent, runningAgent } from "./launch-agent.ts";

export interface AgentPlace {
  readonly runtime: Runtime;
  /** The supervisor's state directory. */
  readonly directory: string;
  readonly socketPath: string;
}

/**
 * The agent of an earlier supervisor of this directory; null if there is none. One that cannot be spoken
 * with is killed: what it guards would go on unknown otherwise.
 */
export async function findLivingAgent(place: AgentPlace): Promise<AgentLink | null> {
  const { runtime, directory, socketPath } = place;
  const former = runningAgent(directory);
  // Somebody may have stopped it.
  if (former !== null) signalProcess(former.pid, "SIGCONT");
  const socket = await connectAgent(socketPath);
  try {
    if (socket !== null) return await AgentLink.greet(socket, runtime.timers, runtime.logger);
  } catch (error) {
    runtime.logger.error(
      "The spawn agent of an earlier supervisor cannot be taken over, and is killed with its work",
      { error },
    );
  }
  if (former !== null) signalProcess(former.pid, "SIGKILL");
  return null;
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
