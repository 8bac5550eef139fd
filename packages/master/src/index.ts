export { defaultRetention, startMaster } from "./start-master.ts";
export type { RunningMaster, StartMasterOptions } from "./start-master.ts";
export type { MasterEnd, MasterFailure, MasterPhase } from "./master.ts";
export type { RecoveryMode } from "./persistence/open-recovery.ts";
export type { Retention } from "./persistence/engine.ts";
export { masterConfigKeys, masterConfigTable } from "./config-keys.ts";
export { masterOptionsFrom } from "./master-options-from.ts";
export type { MasterConfigOptions } from "./master-options-from.ts";
export type { Candidate, ElectionAgent } from "./election/agent.ts";
