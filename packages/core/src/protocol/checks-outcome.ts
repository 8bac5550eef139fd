import {
  endMessageBytesMax,
  exitUnknownReasons,
  rejectionCodes,
  startFailureCodes,
  stopCauses,
} from "../application/outcome.ts";
import {
  checkKinds,
  isBad,
  isCount,
  isOneOf,
  isText,
  isTime,
  protocolLimits,
} from "./check-values.ts";
import type { Check, UnknownRecord } from "./check-values.ts";

/** How an attempt ended (`AttemptOutcome`). */
export const checkOutcome: Check = checkKinds("the outcome", {
  exited(outcome) {
    const { exitCode, signal } = outcome;
    if (exitCode !== null && !(isCount(exitCode) && exitCode <= 255)) return isBad("exitCode");
    if (signal !== null && !isSignal(signal)) return isBad("signal");
    if (exitCode === null && signal === null) return "exitCode and signal are both null";
    if (typeof outcome["outOfMemory"] !== "boolean") return isBad("outOfMemory");
    const { message } = outcome;
    if (message !== undefined && !isText(message, endMessageBytesMax)) return isBad("message");
    if (!isTime(outcome["startedAtMs"])) return isBad("startedAtMs");
    return checkStop(outcome) ?? checkEnd(outcome);
  },
  "start-failed": (outcome) => checkCode(outcome, startFailureCodes) ?? checkEnd(outcome),
  "exit-unknown": (outcome) =>
    (isOneOf(outcome["reason"], exitUnknownReasons) ? undefined : isBad("reason")) ??
    checkMessage(outcome) ??
    checkStop(outcome) ??
    checkEnd(outcome),
  rejected: (outcome) => checkCode(outcome, rejectionCodes) ?? checkEnd(outcome),
  "never-started": checkEnd,
});

export function checkMessage(message: UnknownRecord): string | undefined {
  return isText(message["message"], protocolLimits.messageLengthMax) ? undefined : isBad("message");
}

/** `code` is one of these, and `message` says more. */
export function checkCode(message: UnknownRecord, codes: readonly string[]): string | undefined {
  return isOneOf(message["code"], codes) ? checkMessage(message) : isBad("code");
}

export function isStopCause(value: unknown): boolean {
  return value === null || isOneOf(value, stopCauses);
}

/** By form, not by list: which signals exist differs between platforms. */
export function isSignal(value: unknown): boolean {
  return typeof value === "string" && /^SIG[A-Z0-9+-]{1,20}$/.test(value);
}

function checkStop(outcome: UnknownRecord): string | undefined {
  if (!isStopCause(outcome["stopCause"])) return isBad("stopCause");
  return isOneOf(outcome["tree"], ["verified", "best-effort"]) ? undefined : isBad("tree");
}

function checkEnd(outcome: UnknownRecord): string | undefined {
  return isTime(outcome["endedAtMs"]) ? undefined : isBad("endedAtMs");
}
