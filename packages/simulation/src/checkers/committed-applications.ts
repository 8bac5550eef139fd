import type { ApplicationRecord, AttemptRecord } from "@aloha/core";
import { parseAttemptKey } from "@aloha/core";
import type { AttemptKey } from "@aloha/core";
import type { Observation } from "../history/observation.ts";

/** The records of applications that a commit wrote, in order. */
export function committedApplications(observation: Observation): readonly ApplicationRecord[] {
  if (observation.kind !== "committed") return [];
  return observation.changes.flatMap((change) =>
    change.kind === "application" ? [change.application] : [],
  );
}

/** Names an attempt within one run, which has one cluster. */
export function attemptName(appId: string, number: number): string {
  return `${appId}/${number}`;
}

/** The application and the number in a key. */
export function attemptOf(key: AttemptKey): {
  readonly appId: string;
  readonly number: number;
  readonly name: string;
} {
  const parts = parseAttemptKey(key);
  if (parts === undefined) return { appId: key, number: 0, name: key };
  return { appId: parts.appId, number: parts.number, name: attemptName(parts.appId, parts.number) };
}

/** Whether the attempt may have processes, by its record. */
export function mayLive({ phase }: AttemptRecord): boolean {
  return phase === "PLACED" || phase === "ACCEPTED" || phase === "STARTED";
}
