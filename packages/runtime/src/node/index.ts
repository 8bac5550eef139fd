export { advertisedHost } from "./advertised-host.ts";
export { createNodeRuntime } from "./create-node-runtime.ts";
export { jsonLogger } from "./json-logger.ts";
export { prettyLogger, type PrettyLoggerOptions } from "./pretty-logger.ts";
export { escapeControls, type LogDestination, type LoggerOptions } from "./leveled-logger.ts";
export { LOG_LEVELS, type LogLevel } from "./log-record.ts";
export { systemClock } from "./system-clock.ts";
export { systemTimers } from "./system-timers.ts";
export { systemRandom } from "./system-random.ts";
export { openAppendLog, type AppendLogOptions, type OpenedAppendLog } from "./open-append-log.ts";
export type { AppendLogFormat } from "./append-log-format.ts";
export { AppendLogError, type AppendLogErrorCode } from "./append-log-error.ts";
export {
  acquireFileLock,
  type FileLock,
  type FileLockOptions,
  type FileLockResult,
  type LockHolder,
} from "./file-lock.ts";
export {
  networkFileSystem,
  networkFileSystemName,
  refuseNetworkFileSystem,
} from "./network-file-system.ts";
export {
  childrenOf,
  currentBootId,
  descendantsOf,
  hasEnded,
  isRunning,
  isSameProcess,
  listProcesses,
  processIdentity,
  processTableAvailable,
  readProcess,
  type ProcessEntry,
} from "./process-table.ts";
export { findMarkedProcesses, type MarkedProcesses } from "./marked-processes.ts";
export { findPortOccupant, type PortOccupant } from "./port-occupant.ts";
export {
  freeBytes,
  syncDirectory,
  writeFileDurably,
  type DurableFileOptions,
} from "./durable-file.ts";
export { errorCode } from "./error-code.ts";
