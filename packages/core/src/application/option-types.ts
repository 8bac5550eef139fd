import { isObject } from "./compound-types.ts";
import type { JsonObject } from "./description.ts";
import type { DescriptionLimits } from "./description-limits.ts";
import type { FieldType, Place } from "./field-type.ts";
import { quote } from "../units/quote.ts";
import { utf8Length } from "../units/utf8-length.ts";

/** What `options` may hold, for each type that takes any; a type that is not here takes none. */
const optionTypes: ReadonlyMap<string, (limits: DescriptionLimits) => FieldType<JsonObject>> =
  new Map();

/**
 * Reads `options`, which is known to be JSON, by the schema of the type that `entryPoint` names. Code
 * (`module#Export`) takes any object: only the code knows what it means.
 */
export function readOptions(
  entryPoint: string,
  options: JsonObject,
  limits: DescriptionLimits,
  place: Place,
): JsonObject | undefined {
  if (entryPoint.includes("#")) return options;
  const typeFor = optionTypes.get(entryPoint);
  if (typeFor !== undefined) return typeFor(limits).read(options, place);
  const [first] = Object.keys(options);
  return first === undefined
    ? options
    : place.refuse(`must be empty, since ${entryPoint} takes no options, but has ${quote(first)}`);
}

/** Any JSON object of bounded size and depth. What it holds may be secret to the code, and is never shown in messages. */
export function jsonObject(limits: DescriptionLimits): FieldType<JsonObject> {
  return {
    schema: { type: "object" },
    read(written, place) {
      if (!isObject(written)) return place.mustBe("an object", written);
      if (!isJsonObject(written, limits.optionsDepthMax)) {
        return place.refuse(
          `must hold JSON values only, at most ${limits.optionsDepthMax} levels deep, and no name may be __proto__`,
        );
      }
      const bytes = utf8Length(JSON.stringify(written));
      return bytes <= limits.optionsBytesMax
        ? written
        : place.refuse(`must take at most ${limits.optionsBytesMax} bytes, but takes ${bytes}`);
    },
  };
}

/** Whether `value` is an object of JSON values, nested at most so deep. */
export function isJsonObject(value: unknown, levelsMax: number): value is JsonObject {
  return isObject(value) && isJson(value, levelsMax);
}

function isJson(value: unknown, levelsLeft: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      if (levelsLeft === 0) return false;
      if (Array.isArray(value)) return value.every((item) => isJson(item, levelsLeft - 1));
      return Object.entries(value).every(
        ([name, member]) => name !== "__proto__" && isJson(member, levelsLeft - 1),
      );
    default:
      return false;
  }
}
