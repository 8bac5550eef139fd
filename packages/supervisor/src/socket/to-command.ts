import { AlohaError, isAttemptKey } from "@aloha/core";
import type { SupervisorCommand } from "@aloha/core";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The command that `value` is. Only this user can connect, so this guards against mistakes and
 * other versions, not against attackers. Throws AlohaError.
 */
export function toCommand(value: object): SupervisorCommand {
  const fields = value as Fields;
  const check = checks.get(fields["kind"]);
  if (check === undefined || !check(fields)) {
    throw new AlohaError(
      "invalid-argument",
      `The command ${JSON.stringify(fields["kind"])} is unknown or incomplete.`,
    );
  }
  return value as SupervisorCommand;
}

const checks: ReadonlyMap<unknown, (fields: Fields) => boolean> = new Map(
  Object.entries({
    attach: (fields: Fields) =>
      isCount(fields["version"]) && isText(fields["workerId"]) && isCount(fields["incarnation"]),
    stamp: (fields: Fields) => isCount(fields["stamp"]),
    start: (fields: Fields) =>
      isAttemptKey(fields["attempt"]) && isSpec(fields["spec"]) && isLease(fields),
    renew: (fields: Fields) => isKeys(fields["attempts"]) && isLease(fields),
    kill: (fields: Fields) =>
      isAttemptKey(fields["attempt"]) &&
      isAuthority(fields["authority"]) &&
      (fields["cause"] === undefined || fields["cause"] === "unhealthy") &&
      isFlag(fields["immediately"]),
    forget: (fields: Fields) => isKeys(fields["attempts"]),
    shutdown: (fields: Fields) => isFlag(fields["killAll"]),
  }),
);

function isLease(fields: Fields): boolean {
  return isCount(fields["stamp"]) && isCount(fields["leaseMs"]) && isAuthority(fields["authority"]);
}

function isAuthority(value: unknown): boolean {
  if (!isFields(value) || !isCount(value["incarnation"])) return false;
  const epoch = value["epoch"];
  return isFields(epoch) && isCount(epoch["number"]) && isText(epoch["nonce"]);
}

function isSpec(value: unknown): boolean {
  if (!isFields(value)) return false;
  const {
    argv,
    workingDirectory,
    environment,
    outputDirectory,
    logs,
    stop,
    onDisconnect,
    timeLimitMs,
    openFilesMax,
    account,
    messagePath,
    hosted,
  } = value;
  return (
    Array.isArray(argv) &&
    argv.every(isText) &&
    isText(workingDirectory) &&
    isFields(environment) &&
    Object.values(environment).every(isText) &&
    isText(outputDirectory) &&
    isLogPolicy(logs) &&
    isFields(stop) &&
    isText(stop["signal"]) &&
    isCount(stop["graceMs"]) &&
    (onDisconnect === "keep" || onDisconnect === "fence") &&
    (timeLimitMs === null || isCount(timeLimitMs)) &&
    (openFilesMax === null || isPositive(openFilesMax)) &&
    (account === null || isAccount(account)) &&
    (messagePath === null || isText(messagePath)) &&
    (hosted === null || isHosted(hosted)) &&
    isCount(value["milliCores"]) &&
    isCount(value["memoryMiB"])
  );
}

function isLogPolicy(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { segmentBytes, rollEveryMs, keep, compress } = value;
  return (
    (segmentBytes === null || isPositive(segmentBytes)) &&
    (rollEveryMs === null || isPositive(rollEveryMs)) &&
    (keep === null || isCount(keep)) &&
    isFlag(compress)
  );
}

function isHosted(value: unknown): boolean {
  return isFields(value) && isText(value["pool"]) && isText(value["order"]);
}

function isAccount(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { uid, gid, groups } = value;
  return isCount(uid) && isCount(gid) && Array.isArray(groups) && groups.every(isCount);
}

function isKeys(value: unknown): boolean {
  return Array.isArray(value) && value.every(isAttemptKey);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isPositive(value: unknown): boolean {
  return isCount(value) && value > 0;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
