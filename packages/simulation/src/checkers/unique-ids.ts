/** Ids and numbers of applications are never used again, numbers of attempts only rise, and the event log has no hole. */
import type { Checker } from "../history/checker.ts";

export function uniqueIds(): Checker {
  const described = new Set<string>();
  const idOf = new Map<number, string>();
  const attemptsTotal = new Map<string, number>();
  let lastSequence = 0;
  return {
    name: "unique-ids",
    observe(observation) {
      if (observation.kind !== "committed") return undefined;
      for (const change of observation.changes) {
        if (change.kind === "description") {
          if (described.has(change.appId)) return `${change.appId} was given to two applications`;
          described.add(change.appId);
        }
        if (change.kind !== "application") continue;
        const { id, number, attemptsTotal: total } = change.application;
        const other = idOf.get(number) ?? id;
        if (other !== id) return `number ${number} was given to ${other} and to ${id}`;
        idOf.set(number, id);
        if (total < (attemptsTotal.get(id) ?? 0)) return `${id} went back to attempt ${total}`;
        attemptsTotal.set(id, total);
      }
      for (const { sequence } of observation.events) {
        if (sequence !== lastSequence + 1) return `event ${sequence} follows event ${lastSequence}`;
        lastSequence = sequence;
      }
      return undefined;
    },
  };
}
