/** Every way in which Aloha refuses or fails. Closed: a new code is a change of the protocol. */
export const errorCodes = [
  "invalid-argument",
  "not-available-yet",
  "not-found",
  "already-ended",
  "conflict",
  "limit-exceeded",
  "not-leader",
  "not-ready",
  "read-only",
  "unreachable",
  "timeout",
  "store-failed",
  "store-corrupt",
  "store-locked",
  "incompatible",
  "refused",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * The one error class. `message` says what happened and what to do; `cause` keeps what was
 * caught. Expected refusals travel as values; an AlohaError is thrown where a caller cannot go on.
 */
export class AlohaError extends Error {
  override readonly name = "AlohaError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Turns whatever was thrown into an AlohaError; one that already is stays as it is, and one of another copy of this package keeps its code. */
export function toAlohaError(thrown: unknown, code: ErrorCode = "internal"): AlohaError {
  if (thrown instanceof AlohaError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AlohaError(codeOfCopy(thrown) ?? code, message, { cause: thrown });
}

/** Modules that are loaded into a master or worker may bring a copy of this package, whose class is another one. */
function codeOfCopy(thrown: unknown): ErrorCode | undefined {
  if (!(thrown instanceof Error) || thrown.name !== "AlohaError" || !("code" in thrown))
    return undefined;
  return errorCodes.find((code) => code === thrown.code);
}

/** A broken invariant: the process must not go on, since its state can no longer be trusted. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AlohaError("internal", `Broken invariant: ${message}`);
}
