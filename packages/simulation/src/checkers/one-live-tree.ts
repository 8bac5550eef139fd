/**
 * P3. At most one attempt of an application has a live process, on all hosts together, by the
 * kernels' process tables. An attempt is started at most once, and only while the store says that it is the
 * newest and may live.
 */
import type { ApplicationRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { attemptOf, committedApplications, mayLive } from "./committed-applications.ts";

export function oneLiveTree(): Checker {
  const records = new Map<string, ApplicationRecord>();
  const live = new Map<string, string>();
  const started = new Set<string>();
  return {
    name: "one-live-tree",
    observe(observation) {
      for (const record of committedApplications(observation)) records.set(record.id, record);
      if (observation.kind === "tree-gone") live.delete(attemptOf(observation.attempt).appId);
      if (observation.kind !== "tree-started") return undefined;
      const { appId, number, name } = attemptOf(observation.attempt);
      const other = live.get(appId);
      if (other !== undefined)
        return `${name} was started on ${observation.hostName} while ${other} has processes`;
      if (started.has(name)) return `${name} was started twice`;
      started.add(name);
      live.set(appId, `${name} on ${observation.hostName}`);
      const newest = records.get(appId)?.attempts.at(-1);
      if (newest === undefined || newest.number !== number || !mayLive(newest)) {
        return `${name} was started, but by the store the newest attempt is ${newest?.number ?? "none"}, ${newest?.phase ?? "never placed"}`;
      }
      return undefined;
    },
  };
}
