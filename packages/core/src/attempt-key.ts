declare const attemptKeyBrand: unique symbol;

/**
 * Names one attempt of one application in one cluster: `<clusterId>/<appId>/<n>`, n rising from 1.
 * It is also the value of ALOHA_ATTEMPT in the environment of everything the attempt starts.
 */
export type AttemptKey = string & { readonly [attemptKeyBrand]: true };

export interface AttemptParts {
  readonly clusterId: string;
  readonly appId: string;
  readonly number: number;
}

const pattern =
  /^([0-9a-z-]{1,64})\/((?:app|driver|host)-[0-9]{14}-[0-9]{4,15})\/([1-9][0-9]{0,8})$/;

export function formatAttemptKey(parts: AttemptParts): AttemptKey {
  return `${parts.clusterId}/${parts.appId}/${parts.number}` as AttemptKey;
}

/** The parts of a key, or undefined if `text` is none. */
export function parseAttemptKey(text: string): AttemptParts | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  return { clusterId: match[1]!, appId: match[2]!, number: Number(match[3]) };
}

/** Names a process that attempts of a cluster share, in the form of an attempt. `number` is unique within the time. */
export function formatHostKey(clusterId: string, wallMs: number, number: number): AttemptKey {
  const time = String(Math.trunc(wallMs)).padStart(14, "0");
  return `${clusterId}/host-${time}-${String(number).padStart(4, "0")}/1` as AttemptKey;
}

/** Whether a key names a shared process, not an attempt that a master knows. */
export function isHostKey(key: AttemptKey): boolean {
  return key.includes("/host-");
}

/** Whether `value`, which came from outside, names an attempt. */
export function isAttemptKey(value: unknown): value is AttemptKey {
  return typeof value === "string" && pattern.test(value);
}
