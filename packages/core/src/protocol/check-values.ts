import { isAttemptKey } from "../attempt-key.ts";

/** Looks at something that came from outside: undefined if it is well-formed, else one line that says what is wrong. */
export type Check = (value: unknown) => string | undefined;

/** Bounds on what one message may hold. A frame (1 MiB) bounds it as a whole; these bound what is done with it. */
export const protocolLimits = {
  idLengthMax: 128,
  nonceLengthMax: 256,
  addressLengthMax: 300,
  messageLengthMax: 65_536,
  textLengthMax: 524_288,
  pathLengthMax: 4096,
  reportsPerSyncMax: 10_000,
  attemptsListedMax: 20_000,
  seqsListedMax: 10_000,
  directivesPerReplyMax: 10_000,
  mastersMax: 100,
  namesMax: 10_000,
  resourceKindsMax: 64,
  labelsMax: 64,
  labelValueLengthMax: 256,
  logBytesMax: 1_048_576,
  waitMsMax: 600_000,
  leaseMsMax: 2_592_000_000,
} as const;

export type UnknownRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A whole number from 1. */
export function isPositive(value: unknown): value is number {
  return isCount(value) && value > 0;
}

/** A wall-clock time in milliseconds; clocks may give fractions. */
export function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

export function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax;
}

/** A name that is used as a key: printable ASCII without spaces. */
export function isId(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= protocolLimits.idLengthMax &&
    /^[!-~]+$/.test(value)
  );
}

export function isNonce(value: unknown): value is string {
  return (
    typeof value === "string" && value.length > 0 && value.length <= protocolLimits.nonceLengthMax
  );
}

/** `host:port`, of a name, an IPv4 address or a bracketed IPv6 one. */
export function isHostAndPortText(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= protocolLimits.addressLengthMax &&
    /^[!-~]+:[0-9]{1,5}$/.test(value)
  );
}

export function isPort(value: unknown): value is number {
  return isCount(value) && value <= 65_535;
}

export function isLease(value: unknown): value is number {
  return isCount(value) && value <= protocolLimits.leaseMsMax;
}

export function isEpoch(value: unknown): boolean {
  return isRecord(value) && isCount(value["number"]) && isNonce(value["nonce"]);
}

export function isOneOf(value: unknown, choices: readonly string[]): boolean {
  return typeof value === "string" && choices.includes(value);
}

/** An array of at most `lengthMax` items for each of which `isItem` holds. */
export function isListOf(
  value: unknown,
  lengthMax: number,
  isItem: (item: unknown) => boolean,
): value is readonly unknown[] {
  if (!Array.isArray(value) || value.length > lengthMax) return false;
  for (const item of value) if (!isItem(item)) return false;
  return true;
}

export function isRecordOf(
  value: unknown,
  countMax: number,
  isMember: (member: unknown) => boolean,
): value is UnknownRecord {
  if (!isRecord(value)) return false;
  const members = Object.values(value);
  return members.length <= countMax && members.every(isMember);
}

export function isAttemptList(value: unknown): boolean {
  return isListOf(value, protocolLimits.attemptsListedMax, isAttemptKey);
}

/** Runs `check` on each item and names the first that fails. */
export function checkList(
  value: unknown,
  name: string,
  lengthMax: number,
  check: Check,
): string | undefined {
  if (!Array.isArray(value)) return `${name} is not a list`;
  if (value.length > lengthMax)
    return `${name} has ${value.length} items, at most ${lengthMax} are allowed`;
  for (let index = 0; index < value.length; index++) {
    const problem = check(value[index]);
    if (problem !== undefined) return `${name}[${index}]: ${problem}`;
  }
  return undefined;
}

/** Joins the checks of a union's variants into one that looks at `kind`. */
export function checkKinds(
  what: string,
  checks: Readonly<Record<string, (message: UnknownRecord) => string | undefined>>,
): Check {
  return (message) => {
    if (!isRecord(message)) return `${what} is not an object`;
    const { kind } = message;
    if (typeof kind !== "string" || !Object.hasOwn(checks, kind))
      return `${what} has no known kind`;
    const problem = checks[kind]!(message);
    return problem === undefined ? undefined : `${kind}: ${problem}`;
  };
}

/** The first named fact that does not hold, as a problem. */
export function isBad(name: string): string {
  return `${name} is missing or not well-formed`;
}
