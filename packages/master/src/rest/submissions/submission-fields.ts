import { quote, type ApplicationDescription } from "@aloha/core";
import { isJsonObject } from "../parse-json-body.ts";
import { RequestError } from "../request-error.ts";
import type { Dialect } from "./submission-state.ts";

export type SubmissionBody = Readonly<Record<string, unknown>>;

export interface CreateSubmission {
  readonly dialect: Dialect;
  readonly description: ApplicationDescription;
  /** Fields that nobody here knows, as they were written: reported, and otherwise ignored. */
  readonly unknownFields: readonly string[];
}

export const createAction = "CreateSubmissionRequest";

/** A field that is null counts as absent, as it does in the original and in Spark. */
export function present(body: SubmissionBody, name: string): unknown {
  return Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined;
}

/** The text of a field that has to be there. */
export function requiredText(body: SubmissionBody, name: string): string {
  const value = present(body, name);
  if (value === undefined) throw malformed(`'${name}' is missing in message ${createAction}.`);
  if (typeof value === "string") return value;
  throw malformed(`'${name}' must be one text, not ${quote(value)}.`);
}

export function optionalText(body: SubmissionBody, name: string): string {
  return present(body, name) === undefined ? "" : requiredText(body, name);
}

/** A list of texts; numbers and flags are taken as they are written, as Jackson takes them. */
export function textList(body: SubmissionBody, name: string): readonly string[] {
  const value = present(body, name) ?? [];
  if (!Array.isArray(value)) throw malformed(`'${name}' must be a list of texts.`);
  return value.map((item: unknown, index) => scalarText(item, `${name}[${index}]`));
}

/** Names and texts, of which those that are null are left out. */
export function textMap(body: SubmissionBody, name: string): ReadonlyMap<string, string> {
  const value = present(body, name) ?? {};
  if (!isJsonObject(value)) throw malformed(`'${name}' must be an object of texts.`);
  const texts = new Map<string, string>();
  for (const [key, member] of Object.entries(value)) {
    if (member !== null) texts.set(key, scalarText(member, key));
  }
  return texts;
}

/** A whole number above 0, which may be written as a text. */
export function wholeNumber(value: unknown, name: string): number {
  const number = typeof value === "string" && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number > 0) return number;
  throw malformed(`'${name}' must be a whole number above 0, not ${quote(value)}.`);
}

export function malformed(what: string): RequestError {
  return new RequestError(400, "invalid-argument", `Malformed request: ${what}`);
}

/** What such a text holds may be secret: a message names its place alone. */
function scalarText(value: unknown, place: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw malformed(`'${place}' must be a text.`);
}
