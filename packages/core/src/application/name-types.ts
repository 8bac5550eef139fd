import { noResources } from "../placement/resources.ts";
import type { Resources } from "../placement/resources.ts";
import { mapping } from "./compound-types.ts";
import { descriptionLimits } from "./description-limits.ts";
import { integer } from "./scalar-types.ts";
import type { DescriptionLimits } from "./description-limits.ts";
import type { FieldType } from "./field-type.ts";

/** A short name in which people group things: what is a label of DNS (RFC 1123) is one. */
export function scopeName(lengthMax: number): FieldType<string> {
  return {
    schema: { type: "string", pattern: scopePattern.source, maxLength: lengthMax },
    read: (written, place) =>
      typeof written === "string" && written.length <= lengthMax && scopePattern.test(written)
        ? written
        : place.mustBe(
            `1 to ${lengthMax} lower-case letters, digits and dashes, with no dash at either end`,
            written,
          ),
  };
}

const accountPattern = /^[a-zA-Z_][a-zA-Z0-9_.-]{0,31}\$?$/;

/** The name of an account, as useradd(8) takes it. */
export const accountName: FieldType<string> = {
  schema: { type: "string", pattern: accountPattern.source },
  read: (written, place) =>
    typeof written === "string" && accountPattern.test(written)
      ? written
      : place.mustBe("the name of an account, not its number", written),
};

/** Free text for people: lines and tabs, but no other control characters. May be empty. */
export function prose(limits: DescriptionLimits): FieldType<string> {
  const lengthMax = limits.proseLengthMax;
  return {
    schema: { type: "string", maxLength: lengthMax },
    read(written, place) {
      if (typeof written !== "string")
        return place.mustBe(`a text of at most ${lengthMax} characters`, written);
      if (written.length > lengthMax)
        return place.refuse(`must have at most ${lengthMax} characters, but has ${written.length}`);
      if (/[^\P{Cc}\n\r\t]/u.test(written))
        return place.refuse("must be free of control characters other than line breaks and tabs");
      return /\p{Surrogate}/u.test(written)
        ? place.refuse("is not valid Unicode: it holds half a character")
        : written;
    },
  };
}

/** Counted extras by name, each at least 1. */
export function resources(limits: DescriptionLimits): FieldType<Resources> {
  const amounts = mapping(integer(1, limits.resourceAmountMax), limits.resourceKindsMax, (name) =>
    isResourceName(name)
      ? undefined
      : `must be 1 to ${limits.resourceNameLengthMax} letters, digits, dots, dashes, underscores and slashes, and begin with a letter`,
  );
  return {
    schema: amounts.schema,
    read(written, place) {
      const value = amounts.read(written, place);
      return value !== undefined && Object.keys(value).length === 0 ? noResources : value;
    },
  };
}

/** The names that resources can have, where they are asked for and where they are offered. */
export function isResourceName(name: string): boolean {
  return name.length <= descriptionLimits.resourceNameLengthMax && resourcePattern.test(name);
}

const resourcePattern = /^[A-Za-z][A-Za-z0-9._/-]*$/;
const scopePattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
