import { parseDescription, quote } from "@aloha/core";
import type { ApplicationDescription } from "@aloha/core";
import { RequestError } from "../request-error.ts";

export interface CreateSubmission {
  readonly description: ApplicationDescription;
  /** Fields that nobody here knows, as they were written: reported, and otherwise ignored. */
  readonly unknownFields: readonly string[];
}

const action = "CreateSubmissionRequest";
const fields: readonly string[] = [
  "name",
  "entryPoint",
  "libs",
  "args",
  "memory",
  "cores",
  "supervise",
];
/** Sent by clients in every message, and of no consequence here. */
const passed: readonly string[] = ["action", "message", "clientAlohaVersion"];
const memoryMiBDefault = 1024;
const coresDefault = 1;

/**
 * Reads a CreateSubmissionRequest of Aloha's dialect. Throws a RequestError (400). Numbers and flags may
 * be written as texts, which the original's parser took as well; the amounts it let through and could not mean
 * (negative, zero, fractional) are refused.
 */
export function parseCreate(body: Readonly<Record<string, unknown>>): CreateSubmission {
  checkAction(body);
  checkDialect(body);
  for (const name of ["name", "entryPoint"]) {
    if (present(body, name) === undefined)
      throw malformed(`'${name}' is missing in message ${action}.`);
  }
  const parsed = parseDescription(
    {
      name: present(body, "name"),
      entryPoint: present(body, "entryPoint"),
      libs: present(body, "libs") ?? [],
      args: text(body, "args"),
      memory: positive(body, "memory", memoryMiBDefault),
      cores: positive(body, "cores", coresDefault),
      supervise: flag(body, "supervise"),
    },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok) throw malformed(parsed.errors.map((error) => error.message).join("; "));
  const unknownFields = Object.keys(body).filter(
    (name) => !fields.includes(name) && !passed.includes(name),
  );
  return { description: parsed.description, unknownFields };
}

function checkAction(body: Readonly<Record<string, unknown>>): void {
  const given = present(body, "action");
  if (given === undefined) throw malformed("the field 'action' is missing.");
  if (given !== action)
    throw malformed(`the action ${quote(given)} is not known here; expected is ${action}.`);
}

/** A body with `entryPoint` is Aloha's; one with `appResource` or `clientSparkVersion` is Spark's. */
function checkDialect(body: Readonly<Record<string, unknown>>): void {
  if (present(body, "entryPoint") !== undefined) return;
  if (
    present(body, "appResource") === undefined &&
    present(body, "clientSparkVersion") === undefined
  )
    return;
  throw new RequestError(
    400,
    "not-available-yet",
    "This is a submission in Spark's dialect, and applications of the type spark are not available yet. Submit with entryPoint (for instance shell) in Aloha's dialect.",
  );
}

/** A field that is null counts as absent, as it does in the original. */
function present(body: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined;
}

function text(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = present(body, name) ?? "";
  if (typeof value === "string") return value;
  throw malformed(`'${name}' must be one text, not ${quote(value)}.`);
}

function positive(
  body: Readonly<Record<string, unknown>>,
  name: string,
  otherwise: number,
): number {
  const value = present(body, name) ?? otherwise;
  const number = typeof value === "string" && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number > 0) return number;
  throw malformed(`'${name}' must be a whole number above 0, not ${quote(value)}.`);
}

function flag(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = present(body, name) ?? false;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw malformed(`'${name}' must be true or false, not ${quote(value)}.`);
}

function malformed(what: string): RequestError {
  return new RequestError(400, "invalid-argument", `Malformed request: ${what}`);
}
