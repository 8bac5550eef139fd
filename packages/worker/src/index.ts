export { startWorker } from "./start-worker.ts";
export type { RunningWorker, WorkerStartOptions } from "./start-worker.ts";
export type { WorkerExit } from "./worker-shell.ts";
export { workerConfigKeys, workerConfigTable } from "./config-keys.ts";
export { workerConfigRules } from "./config-rules.ts";
export { workerOptionsFrom } from "./worker-options-from.ts";
export type { WorkerConfigOptions } from "./worker-options-from.ts";
export {
  supervisorDirectory,
  workDirectoryLockPath,
} from "./work-directory/open-work-directory.ts";
export type { CleanupPolicy } from "./work-directory/choose-removals.ts";
export { hostResources } from "./resources/host-resources.ts";
export type { HostResources } from "./resources/host-resources.ts";
export type { ApplicationCommand, ApplicationType } from "./types/application-type.ts";
