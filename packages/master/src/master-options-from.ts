import { join } from "node:path";
import { networkLimitsFrom } from "@aloha/core";
import type { Config } from "@aloha/core";
import { masterConfigKeys as keys } from "./config-keys.ts";
import type { StartMasterOptions } from "./start-master.ts";

/** What a configuration says about a master; the rest is the business of whoever starts it. */
export type MasterConfigOptions = Omit<
  StartMasterOptions,
  "runtime" | "softwareVersion" | "election"
>;

/** Reads the keys of `masterConfigTable` and `rpcConfigTable`. `home` is ALOHA_HOME, where the default recovery directory lies. */
export function masterOptionsFrom(config: Config, home: string): MasterConfigOptions {
  const host = config.get(keys.host);
  const advertised = config.get(keys.advertisedHost);
  return {
    host,
    ...(advertised === null ? {} : { advertisedHost: advertised }),
    port: config.get(keys.port),
    rest: config.get(keys.restEnabled) ? { host, port: config.get(keys.restPort) } : null,
    recoveryMode: config.get(keys.recoveryMode),
    recoveryDirectory: config.get(keys.recoveryDirectory) ?? join(home, "recovery"),
    ...recoveryFactoryFrom(config),
    extensionSettings: config.extensions,
    network: networkLimitsFrom(config),
    settings: {
      leaseMs: config.get(keys.workerTimeout),
      deadWorkerPersistence: config.get(keys.deadWorkerPersistence),
      reserveAfterMs: config.get(keys.reserveAfter),
      waitingApplicationsMax: config.get(keys.waitingApplicationsMax),
    },
    extraListeners: config.get(keys.extraListeners),
    listeners: {
      queueLengthMax: config.get(keys.listenerQueueLengthMax),
      eventTimeoutMs: config.get(keys.listenerEventTimeout),
      memoryBytesMax: config.get(keys.listenerMemoryMax),
    },
    moduleDirectories: { workingDirectory: process.cwd(), home },
    retention: {
      applicationsMax: config.get(keys.retainedApplications),
      successesMs: config.get(keys.retainedSuccesses),
      failuresMs: config.get(keys.retainedFailures),
    },
  };
}

function recoveryFactoryFrom(config: Config): Pick<MasterConfigOptions, "recoveryFactory"> {
  const recoveryFactory = config.get(keys.recoveryFactory);
  return recoveryFactory === null ? {} : { recoveryFactory };
}
