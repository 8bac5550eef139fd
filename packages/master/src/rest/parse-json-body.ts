import { RequestError } from "./request-error.ts";

export const jsonDepthMax = 32;

const quoteByte = 0x22;
const backslashByte = 0x5c;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a body as one JSON object. Throws a RequestError (400) that says what is wrong. The depth is counted over the bytes
 * first, so that a body of nothing but brackets costs a scan and not a stack. Of a repeated key the last
 * counts, and `__proto__` is a key like any other: JSON.parse sets no prototype.
 */
export function parseJsonBody(body: Uint8Array): Readonly<Record<string, unknown>> {
  if (body.length === 0) throw malformed("the body is empty, a JSON object is expected");
  refuseDeep(body);
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    throw malformed("the body is not UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw malformed(
      `the body is not JSON (${thrown instanceof Error ? thrown.message : String(thrown)})`,
    );
  }
  if (!isJsonObject(value)) throw malformed("the body is not a JSON object");
  return value;
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Brackets inside of texts do not count; whether the rest is JSON is for the parser to say. */
function refuseDeep(body: Uint8Array): void {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < body.length; index++) {
    const byte = body[index];
    if (inText) {
      if (byte === backslashByte) index++;
      else if (byte === quoteByte) inText = false;
      continue;
    }
    if (byte === quoteByte) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > jsonDepthMax)
        throw malformed(`the body is nested more than ${jsonDepthMax} levels deep`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}

function malformed(what: string): RequestError {
  return new RequestError(400, "invalid-argument", `Malformed request: ${what}.`);
}
