/**
 * The settings of the worker that are left to extensions: every key that begins with `aloha.x.`, as
 * it was written in `conf/aloha-default.conf` or as `-Daloha.x.name=value`. Secrets do not belong there.
 */
export class AlohaConf {
  readonly #settings: ReadonlyMap<string, string>;

  /** `settings`: by full name, e.g. `{ "aloha.x.orders.url": "http://..." }`. Without: no settings. */
  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.#settings = new Map(Object.entries(settings));
  }

  /** The value of a key such as `aloha.x.orders.url`, or `otherwise` where it is not set. */
  get(key: string): string | undefined;
  get(key: string, otherwise: string): string;
  get(key: string, otherwise?: string): string | undefined {
    return this.#settings.get(key) ?? otherwise;
  }

  /** Whether the key is set. */
  has(key: string): boolean {
    return this.#settings.has(key);
  }

  /** Every key that is set, with its value. */
  entries(): IterableIterator<[string, string]> {
    return this.#settings.entries();
  }
}
