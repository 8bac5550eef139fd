import { AlohaError } from "../error.ts";
import type { Config } from "./config.ts";
import { configProblem } from "./config-entry.ts";
import type { ConfigKey, ConfigValue } from "./config-key.ts";
import type { ConfigRule } from "./resolve-config.ts";

/** The rule that `read`, the code which will read the value of `key`, accepts it: the AlohaError that it throws, which names the key, says what is wrong. */
export function readerRule<Key extends ConfigKey>(
  key: Key,
  read: (value: ConfigValue<Key>) => unknown,
): ConfigRule {
  return (config: Config) => {
    try {
      read(config.get(key));
      return [];
    } catch (error) {
      if (error instanceof AlohaError) return [configProblem(config.origin(key), error.message)];
      throw error;
    }
  };
}
