import { configProblem } from "@aloha/core";
import type { Config, ConfigKey, ConfigProblem, ConfigRule } from "@aloha/core";
import { masterConfigKeys as keys } from "./config-keys.ts";

/** What a master's keys mean for one another. */
export const masterConfigRules: readonly ConfigRule[] = [
  notAvailableYet,
  needsItsMode,
  needsFactory,
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
