/**
 * P5. No outage of masters, workers or networks, however long, brings a signal to the processes of an application that is
 * to be kept: only a durable kill, its own time limit or health check, or the end of its supervision does.
 */
import type { ApplicationDescription } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { attemptOf, committedApplications } from "./committed-applications.ts";

export function workOutlivesManagers(): Checker {
  const kept = new Set<string>();
  const killed = new Set<string>();
  const live = new Map<string, string>();
  const excused = new Set<string>();
  const endedHosts = new Set<string>();

  function excuse(workerId: string): void {
    for (const [name, hostName] of live) if (hostName === workerId) excused.add(name);
  }

  return {
    name: "work-outlives-managers",
    observe(observation) {
      switch (observation.kind) {
        case "committed":
          for (const change of observation.changes) {
            if (change.kind === "description" && isKept(change.description)) kept.add(change.appId);
            // At the deadline of a drain even what is to be kept is stopped, where it is then and where it is about to be.
            if (change.kind === "worker" && change.worker.drain !== null)
              excuse(change.worker.workerId);
          }
          for (const record of committedApplications(observation)) {
            if (record.killRequest !== null) killed.add(record.id);
          }
          return undefined;
        case "supervision-ended":
          endedHosts.add(observation.hostName);
          excuse(observation.hostName);
          return undefined;
        case "supervision-began":
          endedHosts.delete(observation.hostName);
          return undefined;
        case "tree-started": {
          const { name } = attemptOf(observation.attempt);
          live.set(name, observation.hostName);
          if (endedHosts.has(observation.hostName)) excused.add(name);
          return undefined;
        }
        case "main-exited":
          live.delete(attemptOf(observation.attempt).name);
          return undefined;
        case "tree-signalled": {
          const { appId, name } = attemptOf(observation.attempt);
          const isExpected = !kept.has(appId) || killed.has(appId) || excused.has(name);
          return isExpected || !live.has(name)
            ? undefined
            : `${name} was to be kept, and was stopped without a reason`;
        }
        default:
          return undefined;
      }
    },
  };
}

function isKept({ onDisconnect, timeoutMs, health }: ApplicationDescription): boolean {
  return onDisconnect === "keep" && timeoutMs === null && health?.action !== "restart";
}
