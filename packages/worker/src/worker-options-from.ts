import { join, resolve } from "node:path";
import { networkLimitsFrom } from "@aloha/core";
import type { Config, LogPolicy } from "@aloha/core";
import { workerConfigKeys as keys } from "./config-keys.ts";
import { parseLabels, parseResources } from "./resources/name-value-pairs.ts";
import type { WorkerStartOptions } from "./start-worker.ts";

/** What a configuration says about a worker; the rest is the business of whoever starts it. */
export type WorkerConfigOptions = Required<
  Pick<
    WorkerStartOptions,
    | "listen"
    | "milliCores"
    | "memoryMiB"
    | "resources"
    | "labels"
    | "workDirectory"
    | "trustRefusal"
    | "network"
    | "logs"
    | "cleanup"
    | "codeRoots"
    | "defaultUser"
    | "extensions"
    | "supervisorArguments"
    | "launchSupervisor"
  >
>;

const mebi = 1024 ** 2;

/** Reads the keys of `workerConfigTable` and `rpcConfigTable`. `home` is ALOHA_HOME, where the default work directory lies. */
export function workerOptionsFrom(config: Config, home: string): WorkerConfigOptions {
  const cores = config.get(keys.cores);
  const memory = config.get(keys.memory);
  return {
    listen: { host: config.get(keys.host), port: config.get(keys.port) },
    milliCores: cores === null ? null : Math.round(cores * 1000),
    memoryMiB: memory === null ? null : Math.floor(memory / mebi),
    resources: parseResources(keys.resources.name, config.get(keys.resources)),
    labels: parseLabels(keys.labels.name, config.get(keys.labels)),
    workDirectory: config.get(keys.directory) ?? join(home, "work"),
    trustRefusal: config.get(keys.trustRefusal),
    network: networkLimitsFrom(config),
    logs: logPolicyFrom(config),
    defaultUser: config.get(keys.defaultUser),
    codeRoots: config.get(keys.libsRoots).map((root) => resolve(home, root)),
    extensions: Object.fromEntries(config.extensions),
    launchSupervisor: config.get(keys.launchSupervisor),
    supervisorArguments: ["--spawner", config.get(keys.spawner)],
    cleanup: config.get(keys.cleanupEnabled)
      ? {
          intervalMs: config.get(keys.cleanupInterval),
          ttlMs: config.get(keys.cleanupTtl),
          diskShareMax: config.get(keys.cleanupDiskShare),
          applicationsMax: config.get(keys.retainedApplications),
        }
      : null,
  };
}

/** As Spark reads its keys of the same names: the strategy says which of them count. */
function logPolicyFrom(config: Config): LogPolicy {
  const strategy = config.get(keys.logsStrategy);
  const keep = config.get(keys.logsRetainedFiles);
  return {
    segmentBytes: strategy === "size" ? config.get(keys.logsMaxSize) : null,
    rollEveryMs: strategy === "time" ? config.get(keys.logsTimeInterval) : null,
    keep: keep > 0 ? keep : null,
    compress: config.get(keys.logsCompression),
  };
}
