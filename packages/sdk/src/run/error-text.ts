/** Longer messages are cut: they become part of what is kept about an application. */
export const MESSAGE_LENGTH_MAX = 4_000;

const causesMax = 5;

/**
 * What was thrown, in one line: the class's own name, the message, and its causes. Anything can be
 * thrown, so nothing that `error` does may fail here.
 */
export function errorText(error: unknown): string {
  try {
    const texts: string[] = [];
    let next: { readonly value: unknown } | null = { value: error };
    while (next !== null && texts.length < causesMax) {
      const { value }: { readonly value: unknown } = next;
      texts.push(oneText(value));
      next = value instanceof Error && value.cause !== undefined ? { value: value.cause } : null;
    }
    return shortened(texts.join(", caused by "));
  } catch {
    return "something that cannot be shown";
  }
}

/** The stack with everything that belongs to it, for the error output. */
export function errorDetails(error: unknown): string {
  try {
    return error instanceof Error && typeof error.stack === "string"
      ? error.stack
      : errorText(error);
  } catch {
    return "something that cannot be shown";
  }
}

/** Cuts a message to its limit. */
export function shortened(message: string): string {
  return message.length <= MESSAGE_LENGTH_MAX
    ? message
    : `${message.slice(0, MESSAGE_LENGTH_MAX - 1)}…`;
}

function oneText(value: unknown): string {
  if (value instanceof Error) return errorLine(value);
  if (typeof value === "string") return value === "" ? "an empty text" : value;
  if (typeof value === "function") return `a function ${value.name}`.trimEnd();
  if (typeof value !== "object" || value === null) return String(value);
  const json: unknown = JSON.stringify(value);
  return `${nameOf(value)} ${typeof json === "string" ? json : ""}`.trimEnd();
}

function errorLine(error: Error): string {
  // A class that extends Error without setting `name` is known by its own name all the same.
  const name = error.name === "Error" ? nameOf(error) : error.name;
  return error.message === "" ? name : `${name}: ${error.message}`;
}

function nameOf(value: object): string {
  const made: unknown = value.constructor;
  return typeof made === "function" && made.name !== "" ? made.name : "Error";
}
