/** P3. A supervisor that runs keeps every deadline itself: its guardian, which acts a second later, never has to. */
import type { Checker } from "../history/checker.ts";

export function fencesInTime(): Checker {
  return {
    name: "fences-in-time",
    observe(observation) {
      if (observation.kind !== "guardian-fenced" || observation.isNeeded) return undefined;
      return `the guardian had to kill ${observation.attempt}, although its supervisor runs`;
    },
  };
}
