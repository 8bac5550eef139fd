import { nearestName } from "../config/nearest-name.ts";
import { invariant } from "../error.ts";
import { quote } from "../units/quote.ts";
import { Findings, Place } from "./field-type.ts";
import type { FieldType, JsonSchema } from "./field-type.ts";

/** One field that is implemented. `default` is written as users write it; a field without one is required. */
export interface Field<Value> {
  readonly doc: string;
  readonly type: FieldType<Value>;
  readonly default?: unknown;
}

/** A field that is documented but not implemented: only its default, which changes nothing, is accepted. */
export interface FutureField {
  readonly doc: string;
  readonly default: unknown;
}

export type Fields<Value> = { readonly [Name in keyof Value]-?: Field<Value[Name]> };
export type FutureFields = Readonly<Record<string, FutureField>>;

/** An object with these fields; each absent one takes its default, through the same reader. */
export function object<Value extends object>(
  fields: Fields<Value>,
  future: FutureFields = {},
): FieldType<Value> {
  const names = Object.keys(fields) as (keyof Value & string)[];
  const known = [...names, ...Object.keys(future)];
  const defaults = readDefaults(fields, names);
  return {
    schema: objectSchema(fields, future),
    read(written, place) {
      if (!isObject(written)) return place.mustBe("an object", written);
      for (const name of Object.keys(written)) {
        if (Object.hasOwn(fields, name)) continue;
        if (Object.hasOwn(future, name))
          checkFuture(future[name]!, written[name], place.member(name));
        else place.findings.unknownField(place.member(name).path, hintFor(name, known));
      }
      const value: Partial<Value> = {};
      let complete = true;
      for (const name of names) {
        const given = ownMember(written, name);
        const member =
          given === undefined ? defaults[name] : fields[name].type.read(given, place.member(name));
        if (given === undefined && member === undefined) place.member(name).refuse("is required");
        if (member === undefined) complete = false;
        else value[name] = member;
      }
      // Complete: every name of Value was read by the field of that name.
      return complete ? (value as Value) : undefined;
    },
  };
}

export function list<Item>(
  item: FieldType<Item>,
  countMin: number,
  countMax: number,
): FieldType<readonly Item[]> {
  const allowed = `a list of ${countMin} to ${countMax} items`;
  return {
    schema: { type: "array", items: item.schema, minItems: countMin, maxItems: countMax },
    read(written, place) {
      if (!Array.isArray(written) || written.length < countMin || written.length > countMax)
        return place.mustBe(allowed, written);
      const items: Item[] = [];
      for (const [index, entry] of written.entries()) {
        const value = item.read(entry, place.item(index));
        if (value !== undefined) items.push(value);
      }
      return items.length === written.length ? items : undefined;
    },
  };
}

/** A list in which every item counts once. */
export function distinct<Item extends string | number>(
  type: FieldType<readonly Item[]>,
): FieldType<readonly Item[]> {
  return {
    schema: { ...type.schema, uniqueItems: true },
    read(written, place) {
      const items = type.read(written, place);
      if (items === undefined) return undefined;
      const repeated = items.find((item, index) => items.indexOf(item) !== index);
      return repeated === undefined
        ? items
        : place.refuse(`must not name ${quote(repeated)} twice`);
    },
  };
}

/** An object whose names users choose. `checkName` gives what a name must be, if it is not. */
export function mapping<Value>(
  value: FieldType<Value>,
  countMax: number,
  checkName: (name: string) => string | undefined,
): FieldType<Readonly<Record<string, Value>>> {
  return {
    schema: { type: "object", additionalProperties: value.schema, maxProperties: countMax },
    read(written, place) {
      if (!isObject(written)) return place.mustBe("an object", written);
      const names = Object.keys(written);
      if (names.length > countMax)
        return place.refuse(`must have at most ${countMax} entries, but has ${names.length}`);
      const entries: (readonly [string, Value])[] = [];
      for (const name of names) {
        // Decoders and object literals give this one name a meaning of its own.
        const refusal = name === "__proto__" ? "must not be named __proto__" : checkName(name);
        if (refusal !== undefined) {
          place.refuse(`has the name ${quote(name)}: a name ${refusal}`);
          continue;
        }
        const member = value.read(written[name], place.member(name));
        if (member !== undefined) entries.push([name, member]);
      }
      return entries.length === names.length ? Object.fromEntries(entries) : undefined;
    },
  };
}

/** A type with a rule that looks at the value as a whole. `check` gives the predicate of the refusal. */
export function checked<Value>(
  type: FieldType<Value>,
  check: (value: Value) => string | undefined,
): FieldType<Value> {
  return {
    schema: type.schema,
    read(written, place) {
      const value = type.read(written, place);
      if (value === undefined) return undefined;
      const refusal = check(value);
      return refusal === undefined ? value : place.refuse(refusal);
    },
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Every default, read once: most fields of most descriptions are not written, and a value that was read never changes, so that
 * descriptions may share it.
 */
function readDefaults<Value extends object>(
  fields: Fields<Value>,
  names: readonly (keyof Value & string)[],
): Partial<Value> {
  const defaults: Partial<Value> = {};
  for (const name of names) {
    const field = fields[name];
    if (field.default === undefined) continue;
    const findings = new Findings(false);
    const value = field.type.read(field.default, new Place(name, findings));
    invariant(value !== undefined, `the default of ${name} is no value of it`);
    defaults[name] = value;
  }
  return defaults;
}

function ownMember(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function checkFuture(field: FutureField, written: unknown, place: Place): void {
  if (written === undefined || sameJson(written, field.default)) return;
  place.refuse(
    `is not available yet (only its default, ${JSON.stringify(field.default)}, is accepted)`,
  );
}

/** Follows the shape of `expected`, which is ours and small, so that a huge value costs nothing. */
function sameJson(written: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(written) &&
      written.length === expected.length &&
      expected.every((item, index) => sameJson(written[index], item))
    );
  }
  if (!isObject(expected)) return written === expected;
  if (!isObject(written) || Object.keys(written).length !== Object.keys(expected).length)
    return false;
  return Object.entries(expected).every(([name, member]) =>
    sameJson(ownMember(written, name), member),
  );
}

function hintFor(name: string, known: readonly string[]): string {
  const meant = nearestName(name, known);
  return meant === undefined ? `; known are ${known.join(", ")}` : `; did you mean ${meant}?`;
}

function objectSchema(
  fields: Readonly<Record<string, Field<unknown>>>,
  future: FutureFields,
): JsonSchema {
  const properties: [string, JsonSchema][] = [];
  for (const [name, field] of Object.entries(fields)) {
    const fallback = field.default === undefined ? {} : { default: field.default };
    properties.push([name, { ...field.type.schema, description: field.doc, ...fallback }]);
  }
  for (const [name, field] of Object.entries(future)) {
    properties.push([
      name,
      {
        const: field.default,
        default: field.default,
        description: `${field.doc} Not available yet.`,
      },
    ]);
  }
  const required = Object.keys(fields).filter((name) => fields[name]!.default === undefined);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}
