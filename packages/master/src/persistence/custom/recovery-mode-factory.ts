import type { Logger } from "@aloha/runtime";
import type { AlohaConf } from "@aloha/sdk";
import type { ElectionAgent } from "../../election/agent.ts";
import type { PersistenceEngine } from "../engine.ts";

/** What a recovery mode of one's own is told of its master. */
export interface RecoveryModeContext {
  /** `host:port` where this master listens for workers: tells it from other candidates. */
  readonly address: string;
  /** The `aloha.x.*` settings: keys that Aloha leaves to extensions. */
  readonly conf: AlohaConf;
  /** ALOHA_HOME. */
  readonly home: string;
  readonly logger: Logger;
}

/**
 * What the module of `aloha.deploy.recoveryMode.factory` exports: an object like this, or a class of such that can be
 * constructed without arguments. It runs inside the master and is trusted as the master itself is.
 */
export interface RecoveryModeFactory {
  /** Opens the store. Called when this master is elected; the engine is closed when it leads no more. */
  createPersistenceEngine(
    context: RecoveryModeContext,
  ): PersistenceEngine | Promise<PersistenceEngine>;
  /** Says who leads where several masters share a store. Without it a master leads from its start on. */
  createLeaderElectionAgent?(context: RecoveryModeContext): ElectionAgent | Promise<ElectionAgent>;
}
