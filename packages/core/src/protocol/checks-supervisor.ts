import { isAttemptKey } from "../attempt-key.ts";
import {
  checkKinds,
  checkList,
  isAttemptList,
  isBad,
  isCount,
  isEpoch,
  isId,
  isLease,
  isListOf,
  isOneOf,
  isPositive,
  isRecord,
  isRecordOf,
  isText,
  isTime,
  protocolLimits,
} from "./check-values.ts";
import type { Check, UnknownRecord } from "./check-values.ts";
import { isLogPolicy } from "./check-log-policy.ts";
import { isLongText, isStopPolicy, isTexts } from "./checks-description.ts";
import { checkCode, checkMessage, checkOutcome, isStopCause } from "./checks-outcome.ts";

const { attemptsListedMax, namesMax, pathLengthMax } = protocolLimits;

/** worker -> supervisor (`SupervisorCommand`). */
export const checkSupervisorCommand: Check = checkKinds("the command", {
  attach(command) {
    if (!isCount(command["version"])) return isBad("version");
    if (!isId(command["workerId"])) return isBad("workerId");
    return isCount(command["incarnation"]) ? undefined : isBad("incarnation");
  },
  stamp: checkStamp,
  start: (command) => checkAttempt(command) ?? checkGrant(command) ?? checkSpec(command["spec"]),
  renew: (command) => checkAttempts(command) ?? checkGrant(command),
  kill: (command) =>
    checkAttempt(command) ??
    checkAuthority(command) ??
    (command["cause"] === undefined || command["cause"] === "unhealthy"
      ? undefined
      : isBad("cause")) ??
    (typeof command["immediately"] === "boolean" ? undefined : isBad("immediately")),
  forget: checkAttempts,
  shutdown: (command) => (typeof command["killAll"] === "boolean" ? undefined : isBad("killAll")),
});

/** supervisor -> worker (`SupervisorReport`). */
export const checkSupervisorReport: Check = checkKinds("the report", {
  attached(report) {
    if (!isCount(report["version"])) return isBad("version");
    if (!isId(report["bootId"])) return isBad("bootId");
    if (!isOneOf(report["containment"], ["cgroup", "group"])) return isBad("containment");
    if (typeof report["guarded"] !== "boolean") return isBad("guarded");
    if (report["spawner"] !== undefined && !isLongText(report["spawner"])) return isBad("spawner");
    return (
      checkList(report["epochsSeen"], "epochsSeen", namesMax, checkClusterEpoch) ??
      checkList(report["attempts"], "attempts", attemptsListedMax, checkSupervised)
    );
  },
  "attach-refused": (report) =>
    checkCode(report, ["stale-incarnation", "other-worker", "incompatible"]),
  stamped: checkStamp,
  started: (report) => checkAttempt(report) ?? checkProcess(report),
  ended: checkEnded,
  "unknown-attempt": checkAttempt,
  alert: (report) => (isId(report["code"]) ? checkMessage(report) : isBad("code")),
  "shutdown-refused": checkMessage,
});

const checkClusterEpoch: Check = (entry) => {
  if (!isRecord(entry) || !isId(entry["clusterId"])) return isBad("clusterId");
  return isEpoch(entry["epoch"]) ? undefined : isBad("epoch");
};

const checkSupervised: Check = checkKinds("the attempt", {
  live: (attempt) =>
    checkAttempt(attempt) ??
    checkProcess(attempt) ??
    (isStopCause(attempt["stopCause"]) ? undefined : isBad("stopCause")),
  starting: checkAttempt,
  ended: checkEnded,
});

function checkSpec(spec: unknown): string | undefined {
  if (!isRecord(spec)) return "spec is not an object";
  const { argv } = spec;
  if (!isTexts(argv) || !Array.isArray(argv) || argv.length === 0) return isBad("spec.argv");
  if (!isPath(spec["workingDirectory"])) return isBad("spec.workingDirectory");
  if (!isRecordOf(spec["environment"], namesMax, isLongText)) return isBad("spec.environment");
  if (!isPath(spec["outputDirectory"])) return isBad("spec.outputDirectory");
  if (!isLogPolicy(spec["logs"])) return isBad("spec.logs");
  if (!isStopPolicy(spec["stop"])) return isBad("spec.stop");
  if (!isOneOf(spec["onDisconnect"], ["keep", "fence"])) return isBad("spec.onDisconnect");
  if (spec["timeLimitMs"] !== null && !isPositive(spec["timeLimitMs"]))
    return isBad("spec.timeLimitMs");
  if (spec["openFilesMax"] !== null && !isPositive(spec["openFilesMax"]))
    return isBad("spec.openFilesMax");
  if (spec["account"] !== null && !isAccount(spec["account"])) return isBad("spec.account");
  if (!isCount(spec["milliCores"])) return isBad("spec.milliCores");
  if (spec["messagePath"] !== null && !isPath(spec["messagePath"]))
    return isBad("spec.messagePath");
  if (spec["hosted"] !== null && !isHosted(spec["hosted"])) return isBad("spec.hosted");
  return isCount(spec["memoryMiB"]) ? undefined : isBad("spec.memoryMiB");
}

function checkEnded(message: UnknownRecord): string | undefined {
  return checkAttempt(message) ?? checkOutcome(message["outcome"]);
}

function checkGrant(command: UnknownRecord): string | undefined {
  return (
    checkStamp(command) ??
    (isLease(command["leaseMs"]) ? undefined : isBad("leaseMs")) ??
    checkAuthority(command)
  );
}

function checkAuthority(command: UnknownRecord): string | undefined {
  const { authority } = command;
  if (!isRecord(authority) || !isEpoch(authority["epoch"])) return isBad("authority.epoch");
  return isCount(authority["incarnation"]) ? undefined : isBad("authority.incarnation");
}

function checkStamp(message: UnknownRecord): string | undefined {
  return isCount(message["stamp"]) ? undefined : isBad("stamp");
}

function checkAttempt(message: UnknownRecord): string | undefined {
  return isAttemptKey(message["attempt"]) ? undefined : isBad("attempt");
}

function checkAttempts(message: UnknownRecord): string | undefined {
  return isAttemptList(message["attempts"]) ? undefined : isBad("attempts");
}

function checkProcess(message: UnknownRecord): string | undefined {
  // 0: the main process is gone, and the attempt lives on until its tree is empty and its output read.
  if (!isCount(message["pid"])) return isBad("pid");
  return isTime(message["startedAtMs"]) ? undefined : isBad("startedAtMs");
}

function isHosted(value: unknown): boolean {
  return isRecord(value) && isId(value["pool"]) && isLongText(value["order"]);
}

function isPath(value: unknown): boolean {
  return isText(value, pathLengthMax) && value.startsWith("/") && !value.includes("\0");
}

function isAccount(value: unknown): boolean {
  return (
    isRecord(value) &&
    isCount(value["uid"]) &&
    isCount(value["gid"]) &&
    isListOf(value["groups"], namesMax, isCount)
  );
}
