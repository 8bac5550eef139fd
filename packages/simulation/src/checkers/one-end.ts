/**
 * P2. The record of an application that has ended is written once and never again, whoever leads;
 * the event log tells of one end.
 */
import { isTerminal } from "@aloha/core";
import type { ApplicationRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { committedApplications } from "./committed-applications.ts";

export function oneEnd(): Checker {
  const ended = new Map<string, ApplicationRecord>();
  const told = new Set<string>();
  return {
    name: "one-end",
    observe(observation) {
      for (const record of committedApplications(observation)) {
        const before = ended.get(record.id);
        if (before !== undefined) {
          return `${record.id} had ended as ${before.state}, and its record was written again as ${record.state}`;
        }
        if (isTerminal(record.state) !== (record.end !== null))
          return `${record.id} is ${record.state} with end ${record.end?.state ?? "null"}`;
        if (record.end !== null) ended.set(record.id, record);
      }
      if (observation.kind !== "committed") return undefined;
      for (const event of observation.events) {
        if (event.kind !== "application-state-changed" || !isTerminal(event.to)) continue;
        if (told.has(event.appId)) return `the event log tells of a second end of ${event.appId}`;
        told.add(event.appId);
        if (ended.get(event.appId)?.state !== event.to)
          return `the event log says that ${event.appId} is ${event.to}, its record does not`;
      }
      return undefined;
    },
  };
}
