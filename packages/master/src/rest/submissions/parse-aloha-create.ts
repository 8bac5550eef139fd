import { parseDescription, quote } from "@aloha/core";
import {
  malformed,
  optionalText,
  present,
  requiredText,
  wholeNumber,
  type CreateSubmission,
  type SubmissionBody,
} from "./submission-fields.ts";

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
export function parseAlohaCreate(body: SubmissionBody): CreateSubmission {
  const parsed = parseDescription(
    {
      name: requiredText(body, "name"),
      entryPoint: requiredText(body, "entryPoint"),
      libs: present(body, "libs") ?? [],
      args: optionalText(body, "args"),
      memory: wholeNumber(present(body, "memory") ?? memoryMiBDefault, "memory"),
      cores: wholeNumber(present(body, "cores") ?? coresDefault, "cores"),
      supervise: flag(body, "supervise"),
    },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok) throw malformed(parsed.errors.map((error) => error.message).join("; "));
  const unknownFields = Object.keys(body).filter(
    (name) => !fields.includes(name) && !passed.includes(name),
  );
  return { dialect: "aloha", description: parsed.description, unknownFields };
}

function flag(body: SubmissionBody, name: string): boolean {
  const value = present(body, name) ?? false;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw malformed(`'${name}' must be true or false, not ${quote(value)}.`);
}
