import { AlohaError } from "@aloha/core/vocabulary";
import type { ModuleNamespace } from "./import-module.ts";
import type { ModuleReference } from "./module-reference.ts";

/** How much an export looks like what is wanted: a class may show only once it is constructed. */
export type Fit = "yes" | "maybe" | "no";

export interface WantedExport {
  /** `a listener`, for messages. */
  readonly what: string;
  /** What makes one, for messages: goes on after the name of what does not fit. */
  readonly lacks: string;
  readonly fit: (value: unknown) => Fit;
}

/**
 * The export that a reference means: the one it names; without a name the default export, else the only one
 * that fits. Throws `invalid-argument` with the choices there are.
 */
export function pickExport(
  module: ModuleNamespace,
  { text, specifier, exportName }: ModuleReference,
  wanted: WantedExport,
): unknown {
  const names = Object.keys(module).filter((name) => name !== "module.exports");
  if (exportName !== null) {
    if (!Object.hasOwn(module, exportName))
      throw refusal(text, `it has no export ${exportName}; ${listed(names)}`);
    if (wanted.fit(module[exportName]) === "no")
      throw refusal(text, `${exportName} is not ${wanted.what}: ${wanted.lacks}`);
    return module[exportName];
  }
  if (Object.hasOwn(module, "default") && wanted.fit(module["default"]) !== "no")
    return module["default"];
  const fitting = names.filter((name) => wanted.fit(module[name]) === "yes");
  const candidates =
    fitting.length > 0 ? fitting : names.filter((name) => wanted.fit(module[name]) === "maybe");
  const [only, ...others] = candidates;
  if (only === undefined)
    throw refusal(
      text,
      `nothing that it exports is ${wanted.what}: ${wanted.lacks}; ${listed(names)}`,
    );
  if (others.length > 0)
    throw refusal(
      text,
      `several exports may be meant (${candidates.join(", ")}): write ${specifier}#${only}`,
    );
  return module[only];
}

/** Whether a function can be constructed: arrow and async functions have no prototype. */
export function isConstructor(value: unknown): value is new (...args: unknown[]) => unknown {
  return typeof value === "function" && typeof value.prototype === "object";
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "it exports nothing" : `it exports ${names.join(", ")}`;
}

function refusal(text: string, why: string): AlohaError {
  return new AlohaError("invalid-argument", `${text} cannot be used: ${why}.`);
}
