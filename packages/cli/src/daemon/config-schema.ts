import { rpcConfigTable } from "@aloha/core";
import type { ConfigKey, ConfigRule } from "@aloha/core";
import { masterConfigRules, masterConfigTable } from "@aloha/master";
import { workerConfigRules, workerConfigTable } from "@aloha/worker";

/** What a configuration may say. */
export interface ConfigSchema {
  readonly tables: readonly (readonly ConfigKey[])[];
  readonly rules: readonly ConfigRule[];
}

/** Every key of every daemon: masters and workers share one configuration file, so each knows the other's keys. */
export const configSchema: ConfigSchema = {
  tables: [masterConfigTable, workerConfigTable, rpcConfigTable],
  rules: [...masterConfigRules, ...workerConfigRules],
};

/** The keys that each daemon reads. */
export const daemonTables: Readonly<Record<DaemonName, readonly (readonly ConfigKey[])[]>> = {
  master: [masterConfigTable, rpcConfigTable],
  worker: [workerConfigTable, rpcConfigTable],
};

export const daemonNames = ["master", "worker"] as const;
export type DaemonName = (typeof daemonNames)[number];
