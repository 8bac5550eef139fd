import { configProblem, readerRule } from "@aloha/core";
import type { Config, ConfigKey, ConfigProblem, ConfigRule } from "@aloha/core";
import { masterConfigKeys as keys } from "./config-keys.ts";
import { parseModuleReference } from "./modules/module-reference.ts";
import type { ModuleReference } from "./modules/module-reference.ts";
import { networksOf } from "./rest/access/guard-access.ts";

/** What a master's keys mean for one another. */
export const masterConfigRules: readonly ConfigRule[] = [
  notAvailableYet,
  needsItsMode,
  needsFactory,
  readerRule(keys.submissionsTrust, networksOf),
  readerRule(keys.extraListeners, (texts) => texts.map(listenerReference)),
  readerRule(keys.recoveryFactory, (text) => text !== null && factoryReference(text)),
];

const zookeeperKeys: readonly ConfigKey[] = [keys.zookeeperUrl, keys.zookeeperDirectory];

function notAvailableYet(config: Config): readonly ConfigProblem[] {
  if (config.get(keys.recoveryMode) !== "ZOOKEEPER") return [];
  return [
    configProblem(
      config.origin(keys.recoveryMode),
      `${keys.recoveryMode.name}: ZOOKEEPER is not available yet; FILESYSTEM keeps the state of one master on its disk`,
    ),
  ];
}

/** A key that would do nothing is refused: whoever set it counts on it. */
function needsItsMode(config: Config): readonly ConfigProblem[] {
  if (config.get(keys.recoveryMode) === "ZOOKEEPER") return [];
  return zookeeperKeys.flatMap((key) => {
    const origin = config.origin(key);
    if (origin.kind === "default") return [];
    const message = `${key.name} does nothing without ${keys.recoveryMode.name}=ZOOKEEPER, which is not available yet: remove it`;
    return [configProblem(origin, message)];
  });
}

function listenerReference(text: string): ModuleReference {
  return parseModuleReference(text, keys.extraListeners.name);
}

function factoryReference(text: string): ModuleReference {
  return parseModuleReference(text, keys.recoveryFactory.name);
}

function needsFactory(config: Config): readonly ConfigProblem[] {
  const { recoveryMode, recoveryFactory } = keys;
  const isCustom = config.get(recoveryMode) === "CUSTOM";
  const isSet = config.get(recoveryFactory) !== null;
  if (isCustom === isSet) return [];
  const [key, message] = isCustom
    ? [
        recoveryMode,
        `${recoveryMode.name}=CUSTOM needs ${recoveryFactory.name}=path-or-package#Export`,
      ]
    : [
        recoveryFactory,
        `${recoveryFactory.name} does nothing without ${recoveryMode.name}=CUSTOM: set that, or remove it`,
      ];
  return [configProblem(config.origin(key), message)];
}
