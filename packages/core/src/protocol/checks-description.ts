import { descriptionLimits } from "../application/description-limits.ts";
import {
  isBad,
  isCount,
  isListOf,
  isOneOf,
  isPositive,
  isRecord,
  isRecordOf,
  isText,
  protocolLimits,
} from "./check-values.ts";
import { isJsonObject } from "../application/option-types.ts";
import { isSignal } from "./checks-outcome.ts";

/** A complete description, as a launch carries it: its shape, not the limits that it passed when it was submitted. */
export function checkDescription(description: unknown): string | undefined {
  if (!isRecord(description)) return "the description is not an object";
  const { namesMax, textLengthMax } = protocolLimits;
  if (!isText(description["name"], textLengthMax)) return isBad("name");
  if (!isText(description["entryPoint"], textLengthMax)) return isBad("entryPoint");
  if (!isLongText(description["args"]) && !isTexts(description["args"])) return isBad("args");
  if (!isJsonObject(description["options"], descriptionLimits.optionsDepthMax))
    return isBad("options");
  if (!isTexts(description["libs"])) return isBad("libs");
  if (!isCount(description["milliCores"])) return isBad("milliCores");
  if (!isCount(description["memoryMiB"])) return isBad("memoryMiB");
  if (!isRecordOf(description["resources"], namesMax, isPositive)) return isBad("resources");
  if (!isPositive(description["openFilesMax"])) return isBad("openFilesMax");
  if (typeof description["supervise"] !== "boolean") return isBad("supervise");
  if (!isRestart(description["restart"])) return isBad("restart");
  if (!isOneOf(description["onDisconnect"], ["keep", "fence"])) return isBad("onDisconnect");
  for (const limit of ["timeoutMs", "waitTimeoutMs", "deadlineMs"]) {
    if (description[limit] !== null && !isPositive(description[limit])) return isBad(limit);
  }
  if (!isStopPolicy(description["stop"])) return isBad("stop");
  if (!isListOf(description["successExitCodes"], 256, (code) => isCount(code) && code <= 255))
    return isBad("successExitCodes");
  if (description["health"] !== null && !isHealth(description["health"])) return isBad("health");
  if (!isRecordOf(description["environment"], namesMax, isVariable)) return isBad("environment");
  for (const name of ["user", "key"]) {
    if (description[name] !== null && !isLongText(description[name])) return isBad(name);
  }
  if (!isLongText(description["namespace"])) return isBad("namespace");
  if (!isOneOf(description["onConflict"], ["reject", "replace", "queue"]))
    return isBad("onConflict");
  if (!isLongText(description["description"])) return isBad("description");
  if (!isRecordOf(description["labels"], namesMax, isLongText)) return isBad("labels");
  if (!isOneOf(description["isolation"], ["dedicated", "shared"])) return isBad("isolation");
  return isRequestedLogPolicy(description["logs"]) ? undefined : isBad("logs");
}

export function isLongText(value: unknown): boolean {
  return isText(value, protocolLimits.textLengthMax);
}

/** Texts that are handed to a process, or paths. */
export function isTexts(value: unknown): boolean {
  return isListOf(value, protocolLimits.namesMax, isLongText);
}

export function isStopPolicy(value: unknown): boolean {
  return isRecord(value) && isSignal(value["signal"]) && isCount(value["graceMs"]);
}

function isRequestedLogPolicy(value: unknown): boolean {
  return (
    isRecord(value) &&
    (value["segmentBytes"] === null || isPositive(value["segmentBytes"])) &&
    (value["keep"] === null || isCount(value["keep"])) &&
    (value["compress"] === null || typeof value["compress"] === "boolean")
  );
}

function isRestart(value: unknown): boolean {
  return (
    isRecord(value) &&
    isListOf(value["on"], 3, (cause) => isOneOf(cause, ["failure", "timeout", "oom"])) &&
    isCount(value["maxAttempts"]) &&
    isPositive(value["windowMs"]) &&
    isCount(value["backoffInitialMs"]) &&
    isCount(value["backoffMaxMs"])
  );
}

function isHealth(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value["probe"])) return false;
  const { kind, url, command } = value["probe"];
  const isProbe =
    kind === "silence" ||
    (kind === "http" && isLongText(url)) ||
    (kind === "exec" && (isLongText(command) || isTexts(command)));
  return (
    isProbe &&
    isPositive(value["intervalMs"]) &&
    isPositive(value["failures"]) &&
    isOneOf(value["action"], ["alert", "restart"])
  );
}

function isVariable(value: unknown): boolean {
  return isLongText(value) || (isRecord(value) && isLongText(value["worker"]));
}
