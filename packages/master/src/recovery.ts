/**
 * The entry `@aloha/master/recovery`: what authors of a recovery mode of their own need (`aloha.deploy.recoveryMode=CUSTOM`).
 * docs/recovery.md teaches it; `@aloha/master/recovery-testing` checks it.
 */
export type {
  RecoveryModeContext,
  RecoveryModeFactory,
} from "./persistence/custom/recovery-mode-factory.ts";
export type {
  ApplicationFilter,
  ApplicationListing,
  EventRange,
  EventsRead,
  PersistenceEngine,
  Retention,
  StoredApplication,
} from "./persistence/engine.ts";
export { eventRingLengthMax, listingScanMax, pruneLengthMax } from "./persistence/engine.ts";
export type { Candidate, ElectionAgent } from "./election/agent.ts";
export { MemoryEngine } from "./persistence/none/memory-engine.ts";
export { AlohaError } from "@aloha/core";
export type {
  AlohaEvent,
  ApplicationDescription,
  ApplicationRecord,
  Batch,
  ClusterRecord,
  Epoch,
  RequestRecord,
  StoreChange,
  StoreSnapshot,
  WorkerRecord,
} from "@aloha/core";
