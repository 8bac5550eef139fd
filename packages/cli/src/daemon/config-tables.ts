import type { ConfigKey } from "@aloha/core";
import { masterConfigTable } from "@aloha/master";
import { workerConfigTable } from "@aloha/worker";

/** Every key of every daemon: masters and workers share one configuration file, so each knows the other's keys. */
export const configTables: readonly (readonly ConfigKey[])[] = [
  masterConfigTable,
  workerConfigTable,
];
