import { expect, test } from "vitest";
import { descriptionLimits } from "../../src/application/description-limits.ts";
import { Findings, Place } from "../../src/application/field-type.ts";
import { jsonObject, readOptions } from "../../src/application/option-types.ts";

function read(options: unknown, entryPoint = "jobs.mjs#Main") {
  const findings = new Findings(false);
  const place = new Place("options", findings);
  const json = jsonObject(descriptionLimits).read(options, place);
  const value =
    json === undefined ? undefined : readOptions(entryPoint, json, descriptionLimits, place);
  return { value, errors: findings.errors.map(({ message }) => message) };
}

test("code is given any JSON object as it was written", () => {
  const options = { a: [1, { b: null, c: "ü" }], "": true };
  expect(read(options)).toEqual({ value: options, errors: [] });
});

test("what JSON cannot hold, or a name with a meaning of its own, is refused without being shown", () => {
  const proto: unknown = JSON.parse('{"a": {"__proto__": {"secret": 1}}}');
  for (const options of [{ a: Number.NaN }, { a: undefined }, { a: [() => 0] }, { a: 1n }, proto]) {
    const { value, errors } = read(options);
    expect(value).toBeUndefined();
    expect(errors).toEqual([expect.stringMatching(/^options must hold JSON values only/)]);
  }
});

test("depth and size are bounded at their edge", () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
  expect(read(nested(descriptionLimits.optionsDepthMax)).errors).toEqual([]);
  expect(read(nested(descriptionLimits.optionsDepthMax + 1)).errors).toHaveLength(1);
  const overhead = '{"a":""}'.length;
  const text = "x".repeat(descriptionLimits.optionsBytesMax - overhead);
  expect(read({ a: text }).errors).toEqual([]);
  expect(read({ a: `${text}y` }).errors).toEqual([
    "options must take at most 65536 bytes, but takes 65537",
  ]);
});

test("a type without options names the one that it was given", () => {
  expect(read({}, "shell").value).toEqual({});
  expect(read({ parallelism: 2 }, "shell").errors).toEqual([
    'options must be empty, since shell takes no options, but has "parallelism"',
  ]);
});
