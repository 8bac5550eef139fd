/**
 * At most one application per namespace and key is live and not waiting for another. Those that
 * share a key stand in a line in the order of their numbers; only the first of a line is ever placed.
 * The lines follow from what is durable of each application, so that a new leader finds them again.
 */
import type { ApplicationDescription } from "../application/description.ts";
import type { LiveApplication, MasterState } from "./state.ts";

/** Applications that may stand in one line: a submission that replaces them ends all of them in one commit. */
export const keyLineLengthMax = 1_000;

/** The live applications of this namespace and key, the holder of the key first. */
export function lineOf(
  state: MasterState,
  description: ApplicationDescription,
): ReadonlySet<string> | undefined {
  return description.key === null ? undefined : state.keyLines.get(scopeOf(description));
}

/** The application that this one waits for, since it holds their key; undefined if it waits for none. */
export function keyHolder(state: MasterState, application: LiveApplication): string | undefined {
  const [holder] = lineOf(state, application.description) ?? [];
  return holder === application.record.id ? undefined : holder;
}

/** Puts a live application at the end of its line. */
export function joinLine(state: MasterState, application: LiveApplication): void {
  const { record, description } = application;
  if (description.key === null) return;
  const scope = scopeOf(description);
  const line = state.keyLines.get(scope);
  if (line === undefined) state.keyLines.set(scope, new Set([record.id]));
  else line.add(record.id);
}

/** Takes an application that has ended out of its line; gives the one that holds the key from now on, if it waited for that. */
export function leaveLine(
  state: MasterState,
  application: LiveApplication,
): LiveApplication | undefined {
  const { record, description } = application;
  if (description.key === null) return undefined;
  const scope = scopeOf(description);
  const line = state.keyLines.get(scope);
  if (line === undefined) return undefined;
  line.delete(record.id);
  const [next] = line;
  if (next === undefined) state.keyLines.delete(scope);
  return next !== undefined && state.blocked.delete(next)
    ? state.applications.get(next)
    : undefined;
}

/** A namespace holds no slash, so that two scopes cannot have one name. */
function scopeOf({ namespace, key }: ApplicationDescription): string {
  return `${namespace}/${key}`;
}
