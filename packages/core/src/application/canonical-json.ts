import { invariant } from "../error.ts";

const depthMax = 100;

/**
 * JSON with the keys of every object in code unit order, so that equal bodies have equal texts
 * and hashes. Takes JSON values; a property that is undefined counts as absent.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  invariant(depth <= depthMax, "a value for canonicalJson is nested too deeply");
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member, depth + 1)}`);
  return `{${members.join(",")}}`;
}
