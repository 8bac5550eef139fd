/**
 * P8, and what FINISHED means. KILLED needs a durable kill; FINISHED needs that the newest attempt
 * ended by itself with a code that counts as success; an end of any kind needs that no process of the
 * application is left.
 */
import type { ApplicationDescription, ApplicationRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { attemptOf, committedApplications } from "./committed-applications.ts";

export function honestEnds(): Checker {
  const descriptions = new Map<string, ApplicationDescription>();
  const live = new Map<string, string>();

  function judge(record: ApplicationRecord): string | undefined {
    const { id, end, killRequest, attempts, attemptsTotal } = record;
    if (end === null) return undefined;
    const tree = live.get(id);
    if (tree !== undefined) return `${id} is ${end.state}, and ${tree} has processes`;
    if (end.state === "KILLED" && killRequest === null)
      return `${id} is KILLED, and nobody asked for it`;
    if (end.state !== "FINISHED") return undefined;
    const newest = attempts.at(-1);
    const outcome = newest?.outcome;
    if (newest?.number !== attemptsTotal || outcome?.kind !== "exited")
      return `${id} is FINISHED without an exit of attempt ${attemptsTotal}`;
    const isSuccess =
      outcome.exitCode !== null &&
      descriptions.get(id)?.successExitCodes.includes(outcome.exitCode) === true;
    if (!isSuccess || outcome.stopCause !== null) {
      return `${id} is FINISHED after exit ${outcome.exitCode ?? outcome.signal}, stopped because of ${outcome.stopCause ?? "nothing"}`;
    }
    return undefined;
  }

  return {
    name: "honest-ends",
    observe(observation) {
      if (observation.kind === "tree-started")
        live.set(attemptOf(observation.attempt).appId, attemptOf(observation.attempt).name);
      if (observation.kind === "tree-gone") live.delete(attemptOf(observation.attempt).appId);
      if (observation.kind !== "committed") return undefined;
      for (const change of observation.changes) {
        if (change.kind === "description") descriptions.set(change.appId, change.description);
      }
      for (const record of committedApplications(observation)) {
        const wrong = judge(record);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}
