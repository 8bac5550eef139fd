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
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${write(member, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}
