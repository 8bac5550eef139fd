/** Of the applications that share a namespace and a key, at most one has processes, and at most one has an attempt that may live. */
import type { ApplicationRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { attemptOf, mayLive } from "./committed-applications.ts";

export function oneLiveKey(): Checker {
  const scopes = new Map<string, string>();
  const trees = new Map<string, string>();
  const placed = new Map<string, string>();

  function judge(record: ApplicationRecord): string | undefined {
    const scope = scopes.get(record.id);
    if (scope === undefined) return undefined;
    const newest = record.attempts.at(-1);
    const holder = placed.get(scope);
    if (newest === undefined || !mayLive(newest) || record.end !== null) {
      if (holder === record.id) placed.delete(scope);
      return undefined;
    }
    if (holder !== undefined && holder !== record.id)
      return `${record.id} was placed while ${holder} of the same key, ${scope}, has an attempt`;
    placed.set(scope, record.id);
    return undefined;
  }

  return {
    name: "one-live-key",
    observe(observation) {
      switch (observation.kind) {
        case "committed": {
          let complaint: string | undefined;
          for (const change of observation.changes) {
            if (change.kind === "description" && change.description.key !== null)
              scopes.set(change.appId, `${change.description.namespace}/${change.description.key}`);
            if (change.kind === "application") complaint ??= judge(change.application);
          }
          return complaint;
        }
        case "tree-started": {
          const { appId, name } = attemptOf(observation.attempt);
          const scope = scopes.get(appId);
          if (scope === undefined) return undefined;
          const other = trees.get(scope);
          trees.set(scope, name);
          return other === undefined
            ? undefined
            : `${name} was started while ${other} of the same key, ${scope}, has processes`;
        }
        case "tree-gone": {
          const scope = scopes.get(attemptOf(observation.attempt).appId);
          if (scope !== undefined) trees.delete(scope);
          return undefined;
        }
        default:
          return undefined;
      }
    },
  };
}
