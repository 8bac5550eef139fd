import type { BytesUnit } from "../units/bytes.ts";
import type { DurationUnit } from "../units/duration.ts";

interface KeyBase {
  /** `aloha.` and then dotted words. */
  readonly name: string;
  /** One sentence for the documentation. */
  readonly doc: string;
  /** The environment variable that sets it, if there is one. */
  readonly environment?: string;
  /** Its value never appears in a message. */
  readonly secret?: boolean;
}

/** Milliseconds. A number without a unit counts `bareUnit`s, as in the original's files. */
export interface DurationKey extends KeyBase {
  readonly type: "duration";
  readonly bareUnit: DurationUnit;
  /** Words that stand for a time, in milliseconds: `daily`. */
  readonly words?: Readonly<Record<string, number>>;
  readonly default: number | null;
  readonly min?: number;
  readonly max?: number;
}

/** Bytes. */
export interface BytesKey extends KeyBase {
  readonly type: "bytes";
  readonly bareUnit: BytesUnit;
  readonly default: number | null;
  readonly min?: number;
  readonly max?: number;
}

export interface NumberKey extends KeyBase {
  readonly type: "integer" | "number";
  readonly default: number | null;
  readonly min?: number;
  readonly max?: number;
}

export interface BooleanKey extends KeyBase {
  readonly type: "boolean";
  readonly default: boolean;
}

export interface StringKey extends KeyBase {
  readonly type: "string";
  readonly default: string | null;
}

/** Separated by commas. */
export interface ListKey extends KeyBase {
  readonly type: "list";
  readonly default: readonly string[];
}

/** One of `choices`; upper and lower case are the same. */
export interface ChoiceKey extends KeyBase {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default: string | null;
}

/**
 * One setting that can be configured. A package declares its own as
 * `{...} as const satisfies ConfigKey` in one table; the command line joins the tables.
 */
export type ConfigKey =
  | DurationKey
  | BytesKey
  | NumberKey
  | BooleanKey
  | StringKey
  | ListKey
  | ChoiceKey;

/** A value of any key, as `parseConfigValue` gives it. */
export type AnyConfigValue = string | number | boolean | readonly string[] | null;

/** What a key's value is: null only where null is its default. */
export type ConfigValue<Key extends ConfigKey> =
  | PresentValue<Key>
  | (null extends Key["default"] ? null : never);

type PresentValue<Key extends ConfigKey> = Key extends {
  readonly type: "duration" | "bytes" | "integer" | "number";
}
  ? number
  : Key extends { readonly type: "boolean" }
    ? boolean
    : Key extends { readonly type: "list" }
      ? readonly string[]
      : Key extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : string;
