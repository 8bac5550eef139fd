export type { Clock } from "./clock.ts";
export type { Timer, Timers } from "./timers.ts";
export type { Random } from "./random.ts";
export type { LogFields, Logger } from "./logger.ts";
export { silentLogger } from "./logger.ts";
export type { ProcessIdentity } from "./process-identity.ts";
export type { AppendLog, AppendLogContents } from "./append-log.ts";
export type { Runtime } from "./runtime.ts";
