import type { Logger, Runtime } from "@aloha/runtime";
import type { TreeContainment } from "../containment/containment.ts";
import type { GuardEntry } from "../core/index.ts";
import {
  endFormerGuardian,
  guardianPaths,
  readNotes,
  removeNotes,
} from "../guardian/former-guardian.ts";
import { Guardian } from "../guardian/guardian.ts";
import { SegmentCompressor } from "../output/segment-compressor.ts";
import { AgentSpawner } from "./agent/agent-spawner.ts";
import { startAgent, type AgentPlace } from "./agent/open-agent.ts";
import type { AgentChoice } from "./choose-agent.ts";
import { FifoPool } from "./node/fifo-pool.ts";
import { NodeSpawner } from "./node/node-spawner.ts";
import type { Spawner, SpawnerEvents } from "./spawner.ts";

export interface SpawnerOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly containment: TreeContainment;
  readonly agentPlace: AgentPlace;
  /** Path prefix of small files. */
  readonly prefix: string;
  /** The deadlines as they are now. */
  readonly table: () => readonly GuardEntry[];
  readonly events: SpawnerEvents;
}

/** The spawner of a supervisor, with the agent that was chosen or without. */
export function createSpawner(choice: AgentChoice, options: SpawnerOptions): Spawner {
  const { runtime, logger, containment, events, prefix, table } = options;
  const compressor = new SegmentCompressor(logger);
  if (choice.kind === "agent") {
    const paths = guardianPaths(prefix);
    endFormerGuardian(paths);
    return new AgentSpawner(
      {
        runtime,
        containment,
        compressor,
        events,
        table,
        launch: () => startAgent(options.agentPlace),
        notes: readNotes(paths),
        forgetNotes: () => removeNotes(paths),
      },
      choice.link,
    );
  }
  const guardian = new Guardian({
    runtime,
    containment,
    prefix,
    table,
    onEvent: (event, message) => events.onInput({ kind: "guardian", event, message }),
    onReplaced: (message) => logger.warn(message, { code: "guardian-replaced" }),
  });
  const fifos = new FifoPool(`${prefix}.fifos`, logger);
  const { timers, clock } = runtime;
  const wallMs = (): number => clock.wallMs();
  return new NodeSpawner(
    { containment, guardian, fifos, compressor, timers, wallMs, events },
    choice.reason,
  );
}
