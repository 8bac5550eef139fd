import type { ErrorCode } from "@aloha/core";

/** A request that cannot be served: what is answered, in whichever dialect it came. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly details: readonly string[];

  constructor(status: number, code: ErrorCode, message: string, details: readonly string[] = []) {
    super(message);
    this.name = "RequestError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The HTTP status that says what a code says. */
export function statusOf(code: ErrorCode): number {
  switch (code) {
    case "invalid-argument":
    case "not-available-yet":
      return 400;
    case "refused":
      return 403;
    case "not-found":
      return 404;
    case "conflict":
    case "already-ended":
      return 409;
    case "limit-exceeded":
      return 429;
    case "not-leader":
    case "not-ready":
    case "read-only":
    case "unreachable":
    case "store-failed":
    case "store-locked":
      return 503;
    case "timeout":
      return 504;
    case "store-corrupt":
    case "incompatible":
    case "internal":
      return 500;
  }
}
