/**
 * P1. From the moment at which a client has read that its submit succeeded, the application is in
 * the store, and every read of it that begins later finds it.
 */
import type { Checker } from "../history/checker.ts";
import { committedApplications } from "./committed-applications.ts";

export function acceptedIsKept(): Checker {
  const committed = new Set<string>();
  const accepted = new Set<string>();
  const readsOfAccepted = new Set<number>();
  return {
    name: "accepted-is-kept",
    observe(observation) {
      for (const { id } of committedApplications(observation)) committed.add(id);
      switch (observation.kind) {
        case "submit-acknowledged":
          accepted.add(observation.appId);
          return committed.has(observation.appId)
            ? undefined
            : `${observation.appId} was accepted, but is not durable`;
        case "read-asked":
          if (accepted.has(observation.appId)) readsOfAccepted.add(observation.readId);
          return undefined;
        case "read-answered":
          if (!readsOfAccepted.delete(observation.readId) || observation.record !== null)
            return undefined;
          return `${observation.appId} was accepted, and then said not to exist`;
        default:
          return undefined;
      }
    },
  };
}
