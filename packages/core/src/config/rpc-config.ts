import type { Config } from "./config.ts";
import type { ConfigKey } from "./config-key.ts";

/**
 * The `aloha.*` keys of the network between masters and workers (COMPATIBILITY 2). They are here, and not with
 * the RPC module, since that knows nothing of Aloha, and since masters and workers read the same ones.
 */
export const rpcConfigKeys = {
  networkTimeout: {
    name: "aloha.network.timeout",
    type: "duration",
    bareUnit: "s",
    default: 120_000,
    min: 100,
    max: 3_600_000,
    doc: "Longest wait for the other end: of askTimeout and lookupTimeout where they are not set. Making a connection, its hello, and noticing that the other end is silent, which take 5 s, 5 s and 15 s, never take longer.",
  },
  askTimeout: {
    name: "aloha.rpc.askTimeout",
    type: "duration",
    bareUnit: "s",
    default: null,
    min: 100,
    max: 3_600_000,
    doc: "Longest wait for an answer, where a question does not name a time of its own; by default aloha.network.timeout. A master waits for the output of an application no longer than this.",
  },
  lookupTimeout: {
    name: "aloha.rpc.lookupTimeout",
    type: "duration",
    bareUnit: "s",
    default: null,
    min: 100,
    max: 3_600_000,
    doc: "Longest wait for an endpoint of another process to be found; by default aloha.network.timeout.",
  },
  messageBytesMax: {
    name: "aloha.rpc.message.maxSize",
    type: "bytes",
    bareUnit: "MiB",
    default: 1_048_576,
    min: 1_048_576,
    max: 268_435_456,
    doc: "Size of the largest message; the same on all masters and workers. Four of them, and 4 MiB at least, may wait to be sent to one of them.",
  },
  triesMax: {
    name: "aloha.rpc.numRetries",
    type: "integer",
    default: 3,
    min: 1,
    max: 1_000,
    doc: "How often a question that may be repeated is asked, the first time included, if the connection fails.",
  },
  retryWait: {
    name: "aloha.rpc.retry.wait",
    type: "duration",
    bareUnit: "s",
    default: 3_000,
    min: 1,
    max: 600_000,
    doc: "Wait before such a question is asked again.",
  },
  securityDirectory: {
    name: "aloha.security.directory",
    type: "string",
    default: null,
    doc: "Directory of the cluster's secret, which masters and workers prove to each other that they have, and of the tokens for HTTP; by default `security` in the configuration directory. Loopback needs none.",
  },
} as const;

/** The keys as one table. */
export const rpcConfigTable: readonly ConfigKey[] = Object.values(rpcConfigKeys);

/** What a configuration says about the network, in the terms of the RPC module's limits; what is absent stays as it is there. */
export interface NetworkLimits {
  readonly askTimeoutMs: number;
  readonly lookupTimeoutMs: number;
  readonly frameBytesMax: number;
  readonly outboxBytesMax: number;
  readonly triesMax: number;
  readonly retryDelayMs: number;
  readonly connectTimeoutMs: number;
  readonly helloTimeoutMs: number;
  readonly keepAliveIntervalMs: number;
}

const mebi = 1024 ** 2;
const connectTimeoutMsMax = 5_000;
const keepAliveIntervalMsMax = 5_000;
/** Silence is noticed after so many intervals. */
const keepAliveIntervals = 3;

/** Reads the keys of `rpcConfigTable`. */
export function networkLimitsFrom(config: Config): NetworkLimits {
  const timeoutMs = config.get(rpcConfigKeys.networkTimeout);
  const frameBytesMax = config.get(rpcConfigKeys.messageBytesMax);
  return {
    askTimeoutMs: config.get(rpcConfigKeys.askTimeout) ?? timeoutMs,
    lookupTimeoutMs: config.get(rpcConfigKeys.lookupTimeout) ?? timeoutMs,
    frameBytesMax,
    outboxBytesMax: Math.max(4 * mebi, 4 * frameBytesMax),
    triesMax: config.get(rpcConfigKeys.triesMax),
    retryDelayMs: config.get(rpcConfigKeys.retryWait),
    connectTimeoutMs: Math.min(connectTimeoutMsMax, timeoutMs),
    helloTimeoutMs: Math.min(connectTimeoutMsMax, timeoutMs),
    keepAliveIntervalMs: Math.min(
      keepAliveIntervalMsMax,
      Math.floor(timeoutMs / keepAliveIntervals),
    ),
  };
}
