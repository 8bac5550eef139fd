import { hash } from "node:crypto";
import { canonicalJson, parseDescription } from "@aloha/core";
import type { Question } from "../../questions.ts";
import { invalid } from "./parse-query.ts";

export type SubmitQuestion = Extract<Question, { readonly kind: "submit" }>;

/** A description, as it was sent, as the question that submits it. Throws a RequestError (400) with everything that is wrong. */
export function readSubmission(body: Readonly<Record<string, unknown>>): SubmitQuestion {
  const parsed = parseDescription(body, { unknownFields: "refuse" });
  if (!parsed.ok) {
    const messages = parsed.errors.map((error) => error.message);
    throw invalid(
      `The description is not valid: ${messages[0]}${messages.length > 1 ? ` (and ${messages.length - 1} more)` : ""}`,
      messages,
    );
  }
  const { requestId, description } = parsed;
  const request = requestId === null ? null : { requestId, bodyHash: hashOf(body) };
  return { kind: "submit", description, prefix: "app", request };
}

/** Of what the body means, not of how it is written: the order of its fields does not count. */
function hashOf(body: unknown): string {
  return hash("sha256", canonicalJson(body), "base64url");
}
