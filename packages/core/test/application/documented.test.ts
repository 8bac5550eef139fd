import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { descriptionJsonSchema } from "../../src/index.ts";

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}

const page = readFileSync(new URL("../../../../docs/applications.md", import.meta.url), "utf8");
const documented = [...page.matchAll(/^\| `([\w.]+)` \|/gm)].map((match) => match[1]);

/** `restart.backoff.max`, ... of the fields that work; an object is documented by its members. */
function fieldsOf(schema: Schema, prefix = ""): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (field.description?.endsWith("Not available yet.") === true) return [];
    // One that may be null is an object or nothing.
    const object = [field, ...(field.anyOf ?? [])].find(({ properties }) => properties);
    return object === undefined ? [`${prefix}${name}`] : fieldsOf(object, `${prefix}${name}.`);
  });
}

test("docs/applications.md has a row for every field that works, and none for any other", () => {
  const fields = fieldsOf(descriptionJsonSchema() as Schema);
  expect(fields).toContain("restart.backoff.max");
  expect(documented.filter((name) => name?.startsWith("ALOHA_") === false)).toEqual(fields);
});
