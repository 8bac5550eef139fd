/** Nothing is placed on a worker from the commit of its drain to that of its return. */
import type { Checker } from "../history/checker.ts";
import { attemptName } from "./committed-applications.ts";

export function drainedIsSpared(): Checker {
  const drained = new Set<string>();
  const known = new Set<string>();
  return {
    name: "drained-is-spared",
    observe(observation) {
      if (observation.kind !== "committed") return undefined;
      // Within a commit the order of the changes is that of the decisions.
      for (const change of observation.changes) {
        if (change.kind === "worker") {
          const { workerId, drain } = change.worker;
          if (drain === null) drained.delete(workerId);
          else drained.add(workerId);
        }
        if (change.kind !== "application") continue;
        const { id, attempts } = change.application;
        for (const { number, workerId } of attempts) {
          const name = attemptName(id, number);
          if (known.has(name)) continue;
          known.add(name);
          if (drained.has(workerId)) return `${name} was placed on ${workerId}, which is drained`;
        }
      }
      return undefined;
    },
  };
}
