import { readFileSync } from "node:fs";

/** The whole lines of a file; none while it is not there. */
export function readLines(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // Nobody has written to it yet.
    return [];
  }
  return text.split("\n").slice(0, -1);
}
