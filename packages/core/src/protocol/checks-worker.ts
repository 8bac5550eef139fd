import { isAttemptKey } from "../attempt-key.ts";
import {
  checkKinds,
  checkList,
  isBad,
  isCount,
  isEpoch,
  isHostAndPortText,
  isId,
  isLease,
  isListOf,
  isNonce,
  isOneOf,
  isPort,
  isRecord,
  isRecordOf,
  isText,
  isTime,
  protocolLimits,
} from "./check-values.ts";
import { isLogPolicy } from "./check-log-policy.ts";
import type { Check, UnknownRecord } from "./check-values.ts";
import { checkDescription } from "./checks-description.ts";
import { checkCode, checkMessage, checkOutcome } from "./checks-outcome.ts";

const {
  addressLengthMax,
  attemptsListedMax,
  directivesPerReplyMax,
  idLengthMax,
  labelsMax,
  labelValueLengthMax,
  mastersMax,
  reportsPerSyncMax,
  resourceKindsMax,
  seqsListedMax,
} = protocolLimits;
const refusals = [
  "other-host",
  "stale-incarnation",
  "stale-epoch",
  "other-cluster",
  "incompatible",
  "limit",
];

/** worker -> master (`Register`). */
export const checkRegister: Check = checkKinds("the message", {
  register(message) {
    if (!isCount(message["version"])) return isBad("version");
    if (!isId(message["workerId"])) return isBad("workerId");
    if (!isId(message["hostId"])) return isBad("hostId");
    if (!isId(message["bootId"])) return isBad("bootId");
    if (!isCount(message["incarnation"])) return isBad("incarnation");
    if (message["epochSeen"] !== null && !isEpoch(message["epochSeen"])) return isBad("epochSeen");
    if (message["clusterIdSeen"] !== null && !isId(message["clusterIdSeen"]))
      return isBad("clusterIdSeen");
    if (!isNonce(message["nonce"])) return isBad("nonce");
    if (!isAddress(message["address"])) return isBad("address");
    if (!isCount(message["milliCores"])) return isBad("milliCores");
    if (!isCount(message["memoryMiB"])) return isBad("memoryMiB");
    if (!isResources(message["resources"])) return isBad("resources");
    if (message["logs"] !== undefined && !isLogPolicy(message["logs"])) return isBad("logs");
    if (!isRecordOf(message["labels"], labelsMax, (value) => isText(value, labelValueLengthMax)))
      return isBad("labels");
    if (!isOneOf(message["containment"], ["cgroup", "group"])) return isBad("containment");
    if (typeof message["guarded"] !== "boolean") return isBad("guarded");
    return isText(message["softwareVersion"], idLengthMax) ? undefined : isBad("softwareVersion");
  },
});

/** worker -> master (`Sync`). */
export const checkSync: Check = checkKinds("the message", {
  sync(message) {
    if (!isId(message["workerId"])) return isBad("workerId");
    if (!isCount(message["incarnation"])) return isBad("incarnation");
    if (!isCount(message["seq"])) return isBad("seq");
    if (!isEpoch(message["epochSeen"])) return isBad("epochSeen");
    if (!isNonce(message["nonce"])) return isBad("nonce");
    if (!isCount(message["stamp"])) return isBad("stamp");
    if (!isListOf(message["applied"], seqsListedMax, isCount)) return isBad("applied");
    if (!isListOf(message["outstanding"], seqsListedMax, isCount)) return isBad("outstanding");
    if (!isOneOf(message["intent"], ["serving", "stopping"])) return isBad("intent");
    return (
      checkList(message["reports"], "reports", reportsPerSyncMax, checkReport) ??
      checkRunning(message["running"])
    );
  },
});

/** worker -> master (`Probe`). */
export const checkProbe: Check = checkKinds("the message", {
  probe: (message) => (isId(message["workerId"]) ? checkNonce(message) : isBad("workerId")),
});

/** master -> worker (`RegisterReply`). */
export const checkRegisterReply: Check = checkKinds("the reply", {
  registered(reply) {
    if (!isId(reply["clusterId"])) return isBad("clusterId");
    if (!isEpoch(reply["epoch"])) return isBad("epoch");
    if (!isLease(reply["leaseMs"])) return isBad("leaseMs");
    return areMasters(reply["masters"]) ? undefined : isBad("masters");
  },
  "not-leader": checkNotLeader,
  "register-refused": checkRefused,
});

/** master -> worker (`SyncAnswer`). */
export const checkSyncAnswer: Check = checkKinds("the reply", {
  "sync-reply"(reply) {
    if (!isCount(reply["seq"])) return isBad("seq");
    if (!isEpoch(reply["epoch"])) return isBad("epoch");
    if (!isLease(reply["leaseMs"])) return isBad("leaseMs");
    if (!areMasters(reply["masters"])) return isBad("masters");
    if (!isListOf(reply["acks"], reportsPerSyncMax, isCount)) return isBad("acks");
    if (typeof reply["wantFull"] !== "boolean") return isBad("wantFull");
    return checkList(reply["directives"], "directives", directivesPerReplyMax, checkDirective);
  },
  "not-leader": checkNotLeader,
  "register-again": checkMessage,
  "register-refused": checkRefused,
});

/** master -> worker (`ProbeReply`). */
export const checkProbeReply: Check = checkKinds("the reply", {
  leading: (reply) => (isEpoch(reply["epoch"]) ? checkNonce(reply) : isBad("epoch")),
  "not-leader": checkNotLeader,
});

const checkDirective: Check = checkKinds("the directive", {
  launch: (directive) => checkAttempt(directive) ?? checkDescription(directive["description"]),
  kill: (directive) =>
    checkAttempt(directive) ??
    (typeof directive["immediately"] === "boolean" ? undefined : isBad("immediately")),
  forget: checkAttempt,
});

const checkEvent: Check = checkKinds("the event", {
  accepted: () => undefined,
  // 0: the supervisor was attached when the main process was gone already.
  started: (event) =>
    (isCount(event["pid"]) ? undefined : isBad("pid")) ??
    (isTime(event["startedAtMs"]) ? undefined : isBad("startedAtMs")),
  health: (event) =>
    typeof event["healthy"] === "boolean" ? checkMessage(event) : isBad("healthy"),
  ended: (event) => checkOutcome(event["outcome"]),
});

const checkRunning: Check = checkKinds("running", {
  full: (running) => checkList(running["attempts"], "attempts", attemptsListedMax, checkListed),
  hash: (running) => (isId(running["hash"]) ? undefined : isBad("hash")),
});

function checkReport(report: unknown): string | undefined {
  if (!isRecord(report)) return "it is not an object";
  if (!isCount(report["id"])) return isBad("id");
  return checkAttempt(report) ?? checkEvent(report["event"]);
}

function checkListed(listed: unknown): string | undefined {
  if (!isRecord(listed)) return "it is not an object";
  if (!isOneOf(listed["phase"], ["accepted", "started", "ended"])) return isBad("phase");
  if (!isCount(listed["milliCores"])) return isBad("milliCores");
  if (!isCount(listed["memoryMiB"])) return isBad("memoryMiB");
  if (listed["resources"] !== undefined && !isResources(listed["resources"]))
    return isBad("resources");
  return checkAttempt(listed);
}

/** Counted extras by name. */
function isResources(value: unknown): boolean {
  return isRecordOf(value, resourceKindsMax, isCount) && Object.keys(value).every(isId);
}

function checkAttempt(message: UnknownRecord): string | undefined {
  return isAttemptKey(message["attempt"]) ? undefined : isBad("attempt");
}

function checkNonce(message: UnknownRecord): string | undefined {
  return isNonce(message["nonce"]) ? undefined : isBad("nonce");
}

function checkNotLeader(reply: UnknownRecord): string | undefined {
  if (!isOneOf(reply["state"], ["STANDBY", "ELECTED", "LOADING"])) return isBad("state");
  if (reply["leader"] !== null && !isHostAndPortText(reply["leader"])) return isBad("leader");
  return checkNonce(reply);
}

function checkRefused(reply: UnknownRecord): string | undefined {
  return checkCode(reply, refusals);
}

function areMasters(value: unknown): boolean {
  return isListOf(value, mastersMax, isHostAndPortText);
}

function isAddress(value: unknown): boolean {
  return (
    isRecord(value) &&
    isText(value["host"], addressLengthMax) &&
    value["host"] !== "" &&
    isPort(value["port"])
  );
}
