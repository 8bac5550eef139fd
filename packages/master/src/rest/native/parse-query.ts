import { isTerminal, liveStates, quote, terminalStates, type ApplicationState } from "@aloha/core";
import type { ApplicationFilter } from "../../persistence/engine.ts";
import { RequestError } from "../request-error.ts";

const pageLengthDefault = 50;
const pageLengthMax = 1_000;
const filterLengthMax = 32;
const waitMaxMs = 30_000;
const attemptMax = 1_000_000_000;

const states: readonly ApplicationState[] = [...liveStates, ...terminalStates];
const waitParameters: ReadonlySet<string> = new Set(["waitMs", "attempt"]);
const filterParameters: ReadonlySet<string> = new Set([
  "state",
  "name",
  "namespace",
  "label",
  "limit",
  "cursor",
]);

/** Reads the query of a list: `state` and `label` may be given several times, `state` also as a list with commas, or as `live` and `ended`. */
export function parseFilter(query: URLSearchParams): ApplicationFilter {
  refuseUnknown(query, filterParameters);
  const cursor = query.get("cursor");
  return {
    states: query
      .getAll("state")
      .flatMap((text) => text.split(","))
      .filter((text) => text !== "")
      .flatMap(parseState),
    name: query.get("name"),
    namespace: query.get("namespace"),
    labels: bounded(query.getAll("label"), "label").map(parseLabel),
    beforeNumber:
      cursor === null ? null : parseInteger("cursor", cursor, 1, Number.MAX_SAFE_INTEGER),
    limit: parseInteger("limit", query.get("limit") ?? String(pageLengthDefault), 1, pageLengthMax),
  };
}

/** Reads how long to wait for an application: for its end, or for its attempt of that number if one is named. */
export function parseWait(query: URLSearchParams): {
  readonly waitMs: number;
  readonly attempt: number | undefined;
} {
  refuseUnknown(query, waitParameters);
  const attempt = query.get("attempt");
  if (attempt !== null && !query.has("waitMs"))
    throw invalid("attempt says what waitMs waits for: give both.");
  return {
    waitMs: parseInteger("waitMs", query.get("waitMs") ?? "0", 0, waitMaxMs),
    attempt: attempt === null ? undefined : parseInteger("attempt", attempt, 1, attemptMax),
  };
}

export function refuseUnknown(query: URLSearchParams, known: ReadonlySet<string>): void {
  for (const name of query.keys()) {
    if (!known.has(name))
      throw invalid(`${quote(name)} is not a parameter here; known are ${[...known].join(", ")}.`);
  }
}

export function parseInteger(name: string, text: string, min: number, max: number): number {
  const value = /^-?[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw invalid(`${name} must be a whole number from ${min} to ${max}, not ${quote(text)}.`);
}

export function parseFlag(name: string, text: string | null): boolean {
  if (text === null || text === "false") return false;
  if (text === "true" || text === "") return true;
  throw invalid(`${name} must be true or false, not ${quote(text)}.`);
}

function parseState(text: string): readonly ApplicationState[] {
  const upper = text.toUpperCase();
  if (upper === "LIVE") return states.filter((state) => !isTerminal(state));
  if (upper === "ENDED") return states.filter(isTerminal);
  const state = states.find((candidate) => candidate === upper);
  if (state === undefined)
    throw invalid(`${quote(text)} is not a state; known are ${states.join(", ")}, live and ended.`);
  return [state];
}

function parseLabel(text: string): { readonly key: string; readonly value: string | null } {
  const separator = text.indexOf("=");
  return separator < 0
    ? { key: text, value: null }
    : { key: text.slice(0, separator), value: text.slice(separator + 1) };
}

function bounded(texts: readonly string[], name: string): readonly string[] {
  if (texts.length > filterLengthMax)
    throw invalid(`At most ${filterLengthMax} ${name} parameters can be given.`);
  return texts;
}

export function invalid(message: string, details: readonly string[] = []): RequestError {
  return new RequestError(400, "invalid-argument", message, details);
}
