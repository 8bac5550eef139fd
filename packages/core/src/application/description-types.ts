import { utf8Length } from "../units/utf8-length.ts";
import { checked, isObject, list, mapping } from "./compound-types.ts";
import type { EnvironmentValue } from "./description.ts";
import { descriptionLimits, reservedEnvironmentNames } from "./description-limits.ts";
import type { DescriptionLimits } from "./description-limits.ts";
import type { FieldType, Place } from "./field-type.ts";
import { kindOf, line, processText } from "./scalar-types.ts";

const aliases: ReadonlyMap<string, string> = new Map([["me.jrwang.app.SimpleProcess", "shell"]]);
const available: readonly string[] = ["shell", "spark-submit"];
const announced: readonly string[] = ["node", "java", "python", "spark", "flink"];

/** `module#Export`: a path or name below a lib, and what the module exports under that name. */
const codePattern = /^[^#\s/][^#]{0,1000}#[A-Za-z_$][A-Za-z0-9_$]{0,200}$/;
const codeRule =
  "must name code as module#Export: a name or relative path that is found in libs, without .., and the name of a class that it exports";

/** Whether an entry point names code. */
export function isCode(entryPoint: string): boolean {
  if (!codePattern.test(entryPoint) || /\p{Cc}/u.test(entryPoint)) return false;
  const [path = ""] = entryPoint.split("#");
  return !path.split("/").includes("..");
}

/**
 * Whether a written entry point is a class of the original that is built in here. What its `libs` name is the archive
 * of that class, which nobody needs any more, and which need not be there.
 */
export function isOfOriginal(entryPoint: unknown): boolean {
  return typeof entryPoint === "string" && aliases.has(entryPoint);
}

/** The application's type. Aliases are replaced: the rest of the system knows one name for each type. */
export const entryPoint: FieldType<string> = {
  schema: {
    anyOf: [
      { enum: [...available, ...aliases.keys()] },
      { type: "string", pattern: codePattern.source },
    ],
  },
  read(written, place) {
    const allowed = `one of ${available.join(", ")}, or code (module#Export)`;
    if (typeof written !== "string" || written === "") return place.mustBe(allowed, written);
    const name = aliases.get(written) ?? written;
    if (available.includes(name)) return name;
    if (written.includes("#")) return isCode(written) ? written : place.refuse(codeRule);
    if (announced.includes(name))
      return place.refuse(`must be ${allowed}: ${name} is not available yet`);
    return place.mustBe(allowed, written);
  },
};

/** A script, or an argv whose first item names the program. */
export function args(limits: DescriptionLimits): FieldType<string | readonly string[]> {
  const argument = checked(processText, (text) =>
    tooManyBytes(utf8Length(text), limits.argumentBytesMax),
  );
  const argv = checked(list(argument, 1, limits.argsCountMax), (items) =>
    items[0] === ""
      ? "must begin with the program to run, not with an empty text"
      : tooManyBytes(totalBytes(items), limits.argsBytesMax),
  );
  return {
    schema: { anyOf: [argument.schema, argv.schema] },
    read(written, place) {
      if (typeof written === "string") return argument.read(written, place);
      if (Array.isArray(written)) return argv.read(written, place);
      return place.refuse(
        `must be a text (a script) or a list of texts (a program and its arguments), but is ${kindOf(written)}`,
      );
    },
  };
}

/** Paths on the worker; it checks at launch that they lie under its roots. */
export function libs(limits: DescriptionLimits): FieldType<readonly string[]> {
  const path = checked(line(4096), (text) =>
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
      ? "must be a path: addresses and artifacts are not available yet"
      : undefined,
  );
  return checked(list(path, 0, limits.libsCountMax), (paths) =>
    tooManyBytes(totalBytes(paths), limits.libsBytesMax),
  );
}

export function environment(
  limits: DescriptionLimits,
): FieldType<Readonly<Record<string, EnvironmentValue>>> {
  const variable: FieldType<EnvironmentValue> = {
    schema: {
      anyOf: [
        { type: "string" },
        {
          type: "object",
          properties: { worker: { type: "string" } },
          required: ["worker"],
          additionalProperties: false,
        },
      ],
    },
    read(written, place) {
      if (typeof written === "string") return processText.read(written, place);
      if (isObject(written)) return readReference(written, place);
      return place.refuse(`must be a text or {worker: NAME}, but is ${kindOf(written)}`);
    },
  };
  return checked(mapping(variable, limits.environmentCountMax, checkVariableName), (variables) => {
    let bytes = 0;
    for (const [name, value] of Object.entries(variables)) {
      const own =
        utf8Length(name) + utf8Length(typeof value === "string" ? value : value.worker) + 2;
      if (own > limits.argumentBytesMax)
        return `must not have a variable of more than ${limits.argumentBytesMax} bytes, but ${name} has ${own}`;
      bytes += own;
    }
    return tooManyBytes(bytes, limits.environmentBytesMax);
  });
}

export function labels(limits: DescriptionLimits): FieldType<Readonly<Record<string, string>>> {
  const value: FieldType<string> = {
    ...line(limits.labelValueLengthMax),
    read: (written, place) =>
      written === "" ? "" : line(limits.labelValueLengthMax).read(written, place),
  };
  return mapping(
    { ...value, schema: { type: "string", maxLength: limits.labelValueLengthMax } },
    limits.labelsCountMax,
    (name) =>
      isLabelName(name)
        ? undefined
        : `must be 1 to ${limits.labelNameLengthMax} letters, digits, dots, dashes, underscores and slashes`,
  );
}

/** The names that labels can have, of applications and of workers. */
export function isLabelName(name: string): boolean {
  return (
    name.length <= descriptionLimits.labelNameLengthMax &&
    /^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/.test(name)
  );
}

function readReference(
  written: Readonly<Record<string, unknown>>,
  place: Place,
): EnvironmentValue | undefined {
  const names = Object.keys(written);
  if (names.includes("secret"))
    return place.refuse("must be a text or {worker: NAME}: secrets are not available yet");
  const name = names.length === 1 && Object.hasOwn(written, "worker") ? written.worker : undefined;
  if (typeof name !== "string") return place.refuse("must be a text or exactly {worker: NAME}");
  const refusal = checkVariableName(name);
  return refusal === undefined
    ? { worker: name }
    : place.refuse(`names a variable of the worker, and a name ${refusal}`);
}

/** The names that POSIX shells can hold (IEEE 1003.1, 8.1), and dots and dashes, which programs also use. */
function checkVariableName(name: string): string | undefined {
  if (reservedEnvironmentNames.includes(name)) return "must not be one that Aloha sets itself";
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,255}$/.test(name)
    ? undefined
    : "must be 1 to 256 letters, digits, underscores, dots and dashes, and not begin with a digit";
}

function totalBytes(texts: readonly string[]): number {
  // Each costs its terminator too, as the system counts it.
  return texts.reduce((bytes, text) => bytes + utf8Length(text) + 1, 0);
}

function tooManyBytes(bytes: number, bytesMax: number): string | undefined {
  return bytes <= bytesMax ? undefined : `must take at most ${bytesMax} bytes, but takes ${bytes}`;
}
