import { readerRule } from "@aloha/core";
import type { ConfigRule } from "@aloha/core";
import { workerConfigKeys as keys } from "./config-keys.ts";
import { parseLabels, parseResources } from "./resources/name-value-pairs.ts";

/** What a worker's keys must be beside what their types say. */
export const workerConfigRules: readonly ConfigRule[] = [
  readerRule(keys.labels, (labels) => parseLabels(keys.labels.name, labels)),
  readerRule(keys.resources, (resources) => parseResources(keys.resources.name, resources)),
];
