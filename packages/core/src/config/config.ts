import { invariant } from "../error.ts";
import type { AnyConfigValue, ConfigKey, ConfigValue } from "./config-key.ts";
import type { ConfigEntry, ConfigOrigin } from "./config-entry.ts";

export interface ConfigSetting {
  readonly key: ConfigKey;
  readonly value: AnyConfigValue;
  readonly origin: ConfigOrigin;
}

/** The configuration in force: a value and its origin for every key of the tables it was resolved with. */
export class Config {
  readonly #settings: ReadonlyMap<string, ConfigSetting>;
  readonly #extensions: ReadonlyMap<string, ConfigEntry>;

  constructor(
    settings: ReadonlyMap<string, ConfigSetting>,
    extensions: ReadonlyMap<string, ConfigEntry>,
  ) {
    this.#settings = settings;
    this.#extensions = extensions;
  }

  /** `aloha.x.*`, which belong to extensions, as they were written. */
  get extensions(): ReadonlyMap<string, string> {
    return new Map([...this.#extensions].map(([name, { text }]) => [name, text]));
  }

  /** The same with their origins. */
  extensionEntries(): Iterable<ConfigEntry> {
    return this.#extensions.values();
  }

  /** The value of `key`, of the type that the key says. The key must be in one of the tables. */
  get<Key extends ConfigKey>(key: Key): ConfigValue<Key> {
    // Sound because the setting was read by this very key, whose type ConfigValue follows.
    return this.#setting(key).value as ConfigValue<Key>;
  }

  origin(key: ConfigKey): ConfigOrigin {
    return this.#setting(key).origin;
  }

  /** Every setting, in the order of the tables. Whoever shows them hides the values of secret keys. */
  settings(): Iterable<ConfigSetting> {
    return this.#settings.values();
  }

  #setting(key: ConfigKey): ConfigSetting {
    const setting = this.#settings.get(key.name);
    invariant(
      setting !== undefined && setting.key === key,
      `${key.name} is not in the tables that were resolved`,
    );
    return setting;
  }
}
