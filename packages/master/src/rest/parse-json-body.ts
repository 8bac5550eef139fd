import { RequestError } from "./request-error.ts";

export const jsonDepthMax = 32;

const quotationMark = 0x22;
const backslash = 0x5c;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads a body as one JSON object; see `parseJsonText`. Throws a RequestError (400) that says what is wrong. */
export function parseJsonBody(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.length === 0) throw malformed("the body is empty, a JSON object is expected");
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    throw malformed("the body is not UTF-8");
  }
  return parseJsonText(text, "the body");
}

/**
 * Reads a text as one JSON object. Throws a RequestError (400) that says what is wrong with `what`. The depth is
 * counted over the text first, so that a text of nothing but brackets costs a scan and not a stack. Of a repeated key the last
 * counts, and `__proto__` is a key like any other: JSON.parse sets no prototype.
 */
export function parseJsonText(text: string, what: string): Readonly<Record<string, unknown>> {
  if (isTooDeep(text)) throw malformed(`${what} is nested more than ${jsonDepthMax} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw malformed(
      `${what} is not JSON (${thrown instanceof Error ? thrown.message : String(thrown)})`,
    );
  }
  if (!isJsonObject(value)) throw malformed(`${what} is not a JSON object`);
  return value;
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Brackets inside of texts do not count; whether the rest is JSON is for the parser to say. */
function isTooDeep(text: string): boolean {
  if (count(text, "{") + count(text, "[") <= jsonDepthMax) return false;
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inText) {
      if (code === backslash) index++;
      else if (code === quotationMark) inText = false;
      continue;
    }
    if (code === quotationMark) inText = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > jsonDepthMax) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Up to where it matters. */
function count(text: string, bracket: string): number {
  let found = 0;
  let index = text.indexOf(bracket);
  while (index >= 0 && found <= jsonDepthMax) {
    found++;
    index = text.indexOf(bracket, index + 1);
  }
  return found;
}

function malformed(what: string): RequestError {
  return new RequestError(400, "invalid-argument", `Malformed request: ${what}.`);
}
