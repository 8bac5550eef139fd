/** Bounds on what one application may ask for. Lengths count UTF-16 units, bytes count UTF-8. */
export interface DescriptionLimits {
  readonly nameLengthMax: number;
  readonly requestIdLengthMax: number;
  /** One argument; Linux refuses longer ones whatever the total (MAX_ARG_STRLEN, execve(2)). Also one `NAME=value`. */
  readonly argumentBytesMax: number;
  readonly argsBytesMax: number;
  readonly argsCountMax: number;
  readonly libsCountMax: number;
  readonly libsBytesMax: number;
  readonly optionsBytesMax: number;
  readonly optionsDepthMax: number;
  readonly proseLengthMax: number;
  readonly namespaceLengthMax: number;
  readonly keyLengthMax: number;
  readonly environmentCountMax: number;
  readonly environmentBytesMax: number;
  readonly labelsCountMax: number;
  readonly labelNameLengthMax: number;
  readonly labelValueLengthMax: number;
  /** Against absurd requests, not a policy: no machine is that large. */
  readonly coresMax: number;
  readonly memoryMiBMax: number;
  readonly resourceKindsMax: number;
  readonly resourceNameLengthMax: number;
  readonly resourceAmountMax: number;
  readonly openFilesMax: number;
  readonly addressLengthMax: number;
  /** So that checks do not take more of a worker than what they check. */
  readonly healthIntervalMsMin: number;
  readonly healthFailuresMax: number;
  readonly healthCommandLengthMax: number;
  readonly healthArgsCountMax: number;
  readonly restartAttemptsMax: number;
  readonly stopGraceMsMax: number;
  readonly durationMsMax: number;
  readonly logSegmentBytesMin: number;
  readonly logSegmentBytesMax: number;
  readonly logSegmentsKeptMax: number;
}

const kibi = 1024;
const dayMs = 86_400_000;

/** Together they keep one description well under one RPC frame (1 MiB), which has to carry its launch. */
export const descriptionLimits: DescriptionLimits = {
  nameLengthMax: 256,
  requestIdLengthMax: 128,
  argumentBytesMax: 128 * kibi - 1,
  argsBytesMax: 256 * kibi,
  argsCountMax: 10_000,
  libsCountMax: 1000,
  libsBytesMax: 64 * kibi,
  optionsBytesMax: 64 * kibi,
  optionsDepthMax: 16,
  proseLengthMax: 4096,
  namespaceLengthMax: 63,
  keyLengthMax: 256,
  environmentCountMax: 1000,
  environmentBytesMax: 256 * kibi,
  labelsCountMax: 64,
  labelNameLengthMax: 128,
  labelValueLengthMax: 256,
  coresMax: 100_000,
  memoryMiBMax: 2 ** 30,
  resourceKindsMax: 16,
  resourceNameLengthMax: 63,
  resourceAmountMax: 1_000_000,
  openFilesMax: 2 ** 30,
  addressLengthMax: 2048,
  healthIntervalMsMin: 100,
  healthFailuresMax: 1000,
  healthCommandLengthMax: 8 * kibi,
  healthArgsCountMax: 100,
  restartAttemptsMax: 10_000,
  stopGraceMsMax: dayMs,
  durationMsMax: 3650 * dayMs,
  logSegmentBytesMin: kibi,
  logSegmentBytesMax: kibi ** 4,
  logSegmentsKeptMax: 10_000,
};

/** Tells for environment variables that Aloha sets itself: a value given by a user would be ignored. */
export const reservedEnvironmentNames: readonly string[] = ["ALOHA_ATTEMPT"];
