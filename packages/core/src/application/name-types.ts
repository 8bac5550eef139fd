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

const scopePattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
