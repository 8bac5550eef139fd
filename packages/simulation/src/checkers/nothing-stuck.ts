/** Once faults are over and time enough has passed, every application has ended: whatever is feasible was placed, and whatever ran was told. */
import type { ApplicationRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { committedApplications } from "./committed-applications.ts";

/** Applications that are named in a violation. */
const namedMax = 3;

export function nothingStuck(): Checker & { readonly pending: number } {
  const pending = new Map<string, ApplicationRecord>();
  return {
    name: "nothing-stuck",
    get pending() {
      return pending.size;
    },
    observe(observation) {
      for (const record of committedApplications(observation)) {
        if (record.end === null) pending.set(record.id, record);
        else pending.delete(record.id);
      }
      if (observation.kind !== "patience-over" || pending.size === 0) return undefined;
      const named = [...pending.values()].slice(0, namedMax).map(describe);
      return `${pending.size} applications have not ended: ${named.join("; ")}`;
    },
  };
}

function describe({ id, state, attempts }: ApplicationRecord): string {
  const newest = attempts.at(-1);
  return newest === undefined
    ? `${id} ${state}`
    : `${id} ${state}, attempt ${newest.number} ${newest.phase} on ${newest.workerId}`;
}
