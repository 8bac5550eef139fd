export { AlohaError, errorCodes, invariant, toAlohaError } from "./error.ts";
export { isLoopback } from "./loopback.ts";
export type { ErrorCode } from "./error.ts";
export { compareEpoch } from "./epoch.ts";
export type { Epoch, EpochOrder } from "./epoch.ts";
export {
  formatAttemptKey,
  formatHostKey,
  isAttemptKey,
  isHostKey,
  parseAttemptKey,
} from "./attempt-key.ts";
export type { HostCommand, HostReport } from "./protocol/host.ts";
export type { AttemptKey, AttemptParts } from "./attempt-key.ts";
export { applicationNumber, formatApplicationId } from "./application/application-id.ts";
export type { ApplicationIdPrefix } from "./application/application-id.ts";
export type {
  ApplicationDescription,
  EnvironmentValue,
  HealthPolicy,
  HealthProbe,
  JsonObject,
  JsonValue,
  RequestedLogPolicy,
  Isolation,
  OnConflict,
  OnDisconnect,
  RestartCause,
  RestartPolicy,
  StopPolicy,
} from "./application/description.ts";
export { completeLogPolicy, defaultLogPolicy } from "./application/log-policy.ts";
export type { LogPolicy } from "./application/log-policy.ts";
export {
  exitUnknownReasons,
  rejectionCodes,
  startFailureCodes,
  stopCauses,
} from "./application/outcome.ts";
export { isCode } from "./application/description-types.ts";
export { endMessageBytesMax } from "./application/outcome.ts";
export type { AttemptOutcome, StopCause, TreeEnd } from "./application/outcome.ts";
export { supervisorProtocolVersion } from "./protocol/supervisor.ts";
export type {
  Account,
  HostedStart,
  Authority,
  ClusterEpoch,
  Containment,
  StartSpec,
  SupervisedAttempt,
  SupervisorCommand,
  SupervisorReport,
} from "./protocol/supervisor.ts";
export { workerProtocolVersion } from "./protocol/worker.ts";
export type {
  AttemptReport,
  Directive,
  HostAndPort,
  Leading,
  ListedAttempt,
  NotLeader,
  Probe,
  ProbeReply,
  Register,
  RegisterAgain,
  RegisterRefused,
  RegisterReply,
  Registered,
  Running,
  Sync,
  SyncAnswer,
  SyncReply,
  WorkerIntent,
} from "./protocol/worker.ts";
export { ListHash } from "./protocol/list-hash.ts";
export type { LogChunk, LogReply, LogUnavailable, OutputStream, ReadLog } from "./protocol/log.ts";
export { masterEndpointName, workerEndpointName } from "./protocol/exchanges.ts";
export type { MasterExchanges, WorkerExchanges } from "./protocol/exchanges.ts";
export { formatDuration, parseDuration } from "./units/duration.ts";
export type { DurationUnit } from "./units/duration.ts";
export { formatBytes, parseBytes } from "./units/bytes.ts";
export type { BytesUnit } from "./units/bytes.ts";
export type { Parsed } from "./units/parsed.ts";
export { quote } from "./units/quote.ts";
export { Config } from "./config/config.ts";
export type { ConfigSetting } from "./config/config.ts";
export { configProblem, formatOrigin } from "./config/config-entry.ts";
export type { ConfigEntry, ConfigOrigin, ConfigProblem } from "./config/config-entry.ts";
export type { AnyConfigValue, ConfigKey, ConfigValue } from "./config/config-key.ts";
export { formatConfigValue } from "./config/format-config-value.ts";
export { nearestName } from "./config/nearest-name.ts";
export { parseConfigProperty, parseConfigText } from "./config/parse-config-text.ts";
export type { ConfigText } from "./config/parse-config-text.ts";
export { parseConfigValue } from "./config/parse-config-value.ts";
export { readerRule } from "./config/reader-rule.ts";
export { environmentLayer, resolveConfig } from "./config/resolve-config.ts";
export type {
  ConfigLayer,
  ConfigRule,
  ResolveConfigOptions,
  ResolvedConfig,
} from "./config/resolve-config.ts";
export { networkLimitsFrom, rpcConfigKeys, rpcConfigTable } from "./config/rpc-config.ts";
export type { NetworkLimits } from "./config/rpc-config.ts";
export { isTerminal, liveStates, terminalStates } from "./application/state.ts";
export type { ApplicationState, LiveState, TerminalState } from "./application/state.ts";
export { attemptHistoryMax } from "./application/record.ts";
export { killCauses } from "./application/record.ts";
export type {
  ApplicationEnd,
  ApplicationRecord,
  AttemptHealth,
  AttemptPhase,
  AttemptRecord,
  EndReason,
  KillCause,
  KillRequest,
} from "./application/record.ts";
export type { AlohaEvent } from "./event.ts";
export type { Explanation, WorkerExplanation } from "./placement/explanation.ts";
export { defaultMasterSettings } from "./master/settings.ts";
export type { MasterSettings } from "./master/settings.ts";
export type { MasterInput, Now, Token } from "./master/input.ts";
export type { MasterAnswer, MasterEffect, Overview } from "./master/effect.ts";
export { workerLabels } from "./master/worker-labels.ts";
export type { WorkerView } from "./master/worker-view.ts";
export type {
  Batch,
  ClusterRecord,
  DrainRequest,
  RequestRecord,
  StoreChange,
  StoreSnapshot,
  WorkerMode,
  WorkerRecord,
} from "./master/store-change.ts";
export { canonicalJson } from "./application/canonical-json.ts";
export { descriptionLimits, reservedEnvironmentNames } from "./application/description-limits.ts";
export type { DescriptionLimits } from "./application/description-limits.ts";
export type { DescriptionError, JsonSchema } from "./application/field-type.ts";
export {
  completeDescription,
  descriptionDefaults,
  descriptionJsonSchema,
  parseDescription,
} from "./application/parse-description.ts";
export type {
  ParsedDescription,
  ParseDescriptionOptions,
} from "./application/parse-description.ts";
export { signalNames } from "./application/signal-names.ts";
export type { SignalName } from "./application/signal-names.ts";
export { utf8Length } from "./units/utf8-length.ts";
export { explainedWorkersMax } from "./placement/explain-waiting.ts";
export type { WaitingExplanation } from "./placement/explain-waiting.ts";
export type { WorkerCapacity } from "./placement/open-workers.ts";
export { amountOf, noResources } from "./placement/resources.ts";
export type { Resources } from "./placement/resources.ts";
export { isLabelName } from "./application/description-types.ts";
export { isResourceName } from "./application/name-types.ts";
export { PlacementQueue } from "./placement/placement-queue.ts";
export type { Placement, WaitingApplication } from "./placement/placement-queue.ts";
export { createWorker } from "./worker/create-worker.ts";
export { stepWorker } from "./worker/step-worker.ts";
export { workerLimits } from "./worker/limits.ts";
export type { WorkerLimits } from "./worker/limits.ts";
export { foldWorkerJournal, toWorkerJournalEntry } from "./worker/journal-entry.ts";
export type {
  JournalledAttempt,
  JournalledWorker,
  WorkerJournalEntry,
} from "./worker/journal-entry.ts";
export type { WorkerAlertCode, WorkerEffect } from "./worker/worker-effect.ts";
export type {
  AskFailure,
  PrepareFailure,
  PreparedCommand,
  WorkerInput,
  WorkerNow,
} from "./worker/worker-input.ts";
export type {
  WorkerIdentity,
  WorkerOptions,
  WorkerRandom,
  WorkerState,
} from "./worker/worker-state.ts";
export { createMaster } from "./master/create-master.ts";
export type { CreateMasterOptions } from "./master/create-master.ts";
export type { MasterState } from "./master/state.ts";
export { stepMaster } from "./master/step.ts";
export {
  masterMessageChecks,
  masterReplyChecks,
  workerMessageChecks,
  workerReplyChecks,
} from "./protocol/checks.ts";
export { checkSupervisorCommand, checkSupervisorReport } from "./protocol/checks-supervisor.ts";
export { protocolLimits } from "./protocol/check-values.ts";
export type { Check } from "./protocol/check-values.ts";
export { measurePlacementSteps } from "./placement/measure-steps.ts";
export type { MeasureStepsOptions } from "./placement/measure-steps.ts";
export { Agenda } from "./master/agenda.ts";
