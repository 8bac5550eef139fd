import { isAttemptKey } from "../attempt-key.ts";
import { checkKinds, isBad, isCount, isOneOf, isPositive, protocolLimits } from "./check-values.ts";
import type { Check } from "./check-values.ts";
import { checkMessage } from "./checks-outcome.ts";

/** master -> worker (`ReadLog`). */
export const checkReadLog: Check = checkKinds("the message", {
  "read-log"(message) {
    if (!isAttemptKey(message["attempt"])) return isBad("attempt");
    if (!isOneOf(message["stream"], ["stdout", "stderr"])) return isBad("stream");
    if (!Number.isSafeInteger(message["offset"])) return isBad("offset");
    const { maxBytes, waitMs } = message;
    if (!isPositive(maxBytes) || maxBytes > protocolLimits.logBytesMax) return isBad("maxBytes");
    return isCount(waitMs) && waitMs <= protocolLimits.waitMsMax ? undefined : isBad("waitMs");
  },
});

/** worker -> master (`LogReply`). */
export const checkLogReply: Check = checkKinds("the reply", {
  "log-chunk"(reply) {
    const { bytes } = reply;
    if (!isCount(reply["offset"])) return isBad("offset");
    if (!(bytes instanceof Uint8Array) || bytes.length > protocolLimits.logBytesMax)
      return isBad("bytes");
    if (!isCount(reply["firstOffset"])) return isBad("firstOffset");
    if (!isCount(reply["sizeBytes"])) return isBad("sizeBytes");
    return typeof reply["complete"] === "boolean" ? undefined : isBad("complete");
  },
  "log-unavailable": checkMessage,
});
