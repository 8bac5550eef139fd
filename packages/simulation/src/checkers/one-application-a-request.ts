/** P1. A requestId makes one application and an application has one requestId, in the store and in every answer, also when the master has forgotten. */
import type { Checker } from "../history/checker.ts";
import { requestLabel } from "../history/request-label.ts";

export function oneApplicationARequest(): Checker {
  const appOf = new Map<string, string>();
  const requestOf = new Map<string, string>();

  function pair(requestId: string, appId: string): string | undefined {
    const otherApp = appOf.get(requestId) ?? appId;
    if (otherApp !== appId) return `request ${requestId} made both ${otherApp} and ${appId}`;
    const otherRequest = requestOf.get(appId) ?? requestId;
    if (otherRequest !== requestId)
      return `${appId} was made by both ${otherRequest} and ${requestId}`;
    appOf.set(requestId, appId);
    requestOf.set(appId, requestId);
    return undefined;
  }

  return {
    name: "one-application-a-request",
    observe(observation) {
      if (observation.kind === "submit-acknowledged" && observation.requestId !== null) {
        return pair(observation.requestId, observation.appId);
      }
      if (observation.kind !== "committed") return undefined;
      for (const change of observation.changes) {
        const requestId =
          change.kind === "description" ? change.description.labels[requestLabel] : undefined;
        let wrong: string | undefined;
        if (change.kind === "request") wrong = pair(change.request.requestId, change.request.appId);
        else if (change.kind === "description" && requestId !== undefined)
          wrong = pair(requestId, change.appId);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}
