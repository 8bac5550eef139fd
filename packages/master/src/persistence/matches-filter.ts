import {
  completeDescription,
  isTerminal,
  type ApplicationDescription,
  type ApplicationRecord,
} from "@aloha/core";
import type { ApplicationFilter } from "./engine.ts";

export function matchesState(filter: ApplicationFilter, application: ApplicationRecord): boolean {
  return filter.states.length === 0 || filter.states.includes(application.state);
}

export function matchesDescription(
  filter: ApplicationFilter,
  description: ApplicationDescription,
): boolean {
  if (filter.name !== null && description.name !== filter.name) return false;
  if (filter.namespace !== null && completeDescription(description).namespace !== filter.namespace)
    return false;
  return filter.labels.every(({ key, value }) => {
    if (!Object.hasOwn(description.labels, key)) return false;
    return value === null || description.labels[key] === value;
  });
}

/** Which of the two kinds of records can match at all. */
export function kindsWanted(filter: ApplicationFilter): {
  readonly live: boolean;
  readonly ended: boolean;
} {
  if (filter.states.length === 0) return { live: true, ended: true };
  const ended = filter.states.some(isTerminal);
  return { ended, live: filter.states.some((state) => !isTerminal(state)) };
}
