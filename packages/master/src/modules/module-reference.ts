import { AlohaError, quote } from "@aloha/core/vocabulary";

/** A module, and what to take from it. */
export interface ModuleReference {
  /** As it was written: what messages call it. */
  readonly text: string;
  /** The path of a file (absolute, or beginning with `./` or `../`), a `file:` URL, or the name of a package. */
  readonly specifier: string;
  /** Null: the default export, or the only one that fits. */
  readonly exportName: string | null;
}

/** Reads `path-or-package#Export`; `key` is the setting it comes from. Throws `invalid-argument`. */
export function parseModuleReference(text: string, key: string): ModuleReference {
  const separator = text.lastIndexOf("#");
  const specifier = separator < 0 ? text : text.slice(0, separator);
  const exportName = separator < 0 ? null : text.slice(separator + 1);
  if (specifier === "" || exportName === "") {
    throw new AlohaError(
      "invalid-argument",
      `${key}: ${quote(text)} does not name a module: write ./path/to/module.mjs, or package#Export.`,
    );
  }
  return { text, specifier, exportName };
}
