import type { ConfigKey } from "@aloha/core";

/** Every `aloha.*` key that a worker reads (COMPATIBILITY 2). Flags of the command line are stronger. */
export const workerConfigKeys = {
  host: {
    name: "aloha.worker.host",
    type: "string",
    default: "127.0.0.1",
    environment: "ALOHA_WORKER_HOST",
    doc: "Address on which the worker listens; masters read the output of applications there.",
  },
  port: {
    name: "aloha.worker.port",
    type: "integer",
    default: 0,
    min: 0,
    max: 65_535,
    environment: "ALOHA_WORKER_PORT",
    doc: "Port of the worker; 0 takes a free one.",
  },
  cores: {
    name: "aloha.worker.cores",
    type: "number",
    default: null,
    min: 0.001,
    max: 100_000,
    environment: "ALOHA_WORKER_CORES",
    doc: "Cores that the worker offers; by default all that it may use itself.",
  },
  memory: {
    name: "aloha.worker.memory",
    type: "bytes",
    bareUnit: "MiB",
    default: null,
    min: 1_048_576,
    environment: "ALOHA_WORKER_MEMORY",
    doc: "Memory that the worker offers; by default that of the host or container less 1 GiB.",
  },
  directory: {
    name: "aloha.worker.dir",
    type: "string",
    default: null,
    environment: "ALOHA_WORKER_DIR",
    doc: "Work directory: state of the worker, and working directories and output of applications; by default work under ALOHA_HOME.",
  },
  cleanupEnabled: {
    name: "aloha.worker.cleanup.enabled",
    type: "boolean",
    default: true,
    doc: "Whether directories of old applications, with their output, are removed.",
  },
  cleanupInterval: {
    name: "aloha.worker.cleanup.interval",
    type: "duration",
    bareUnit: "s",
    default: 1_800_000,
    min: 1_000,
    max: 86_400_000,
    doc: "How often old application directories are looked for.",
  },
  cleanupTtl: {
    name: "aloha.worker.cleanup.appDataTtl",
    type: "duration",
    bareUnit: "s",
    default: 604_800_000,
    min: 0,
    doc: "How long an application's directory stays after the last write to it.",
  },
  trustRefusal: {
    name: "aloha.network.trustRefusal",
    type: "boolean",
    default: false,
    doc: "Whether a refused connection proves that no master listens there, also beyond loopback. Only where no firewall or proxy refuses for live listeners.",
  },
} as const;

/** The keys as one table. */
export const workerConfigTable: readonly ConfigKey[] = Object.values(workerConfigKeys);
