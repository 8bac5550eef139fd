import type { ErrorCode } from "@aloha/core";

/**
 * What every command's exit status means. Scripts rely on these numbers. `aloha run` is the one
 * exception: it ends as its application ended, so there any number may be the application's own.
 */
export const exitCodes = {
  success: 0,
  applicationFailed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  refused: 5,
  endUnknown: 6,
  /** A fault of this program (EX_SOFTWARE of sysexits.h). */
  fault: 70,
} as const;

/** The exit status for a refusal or failure that is not an application's end. */
export function exitCodeOfError(code: ErrorCode): number {
  switch (code) {
    case "invalid-argument":
      return exitCodes.usage;
    case "not-found":
      return exitCodes.notFound;
    case "unreachable":
    case "timeout":
    case "not-leader":
    case "not-ready":
      return exitCodes.unreachable;
    case "not-available-yet":
    case "already-ended":
    case "conflict":
    case "limit-exceeded":
    case "read-only":
    case "store-failed":
    case "store-corrupt":
    case "store-locked":
    case "incompatible":
    case "refused":
    case "internal":
      return exitCodes.refused;
  }
}
