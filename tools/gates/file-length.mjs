import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/run.mjs";
import { filesUnder } from "./workspace.mjs";

const LINES_MAX = 350;

/** @returns {string[]} every source or test file that is too long to be about one thing */
export function checkFileLength() {
  return ["packages", "bench", "test", "tools", "examples"]
    .flatMap((directory) => filesUnder(directory, /\.(ts|tsx|mjs|js|c|h|sh)$/))
    .flatMap((path) => {
      const lines = readFileSync(join(root, path), "utf8").split("\n").length - 1;
      return lines > LINES_MAX
        ? [`${path} has ${lines} lines; at most ${LINES_MAX}: find the concept that is missing`]
        : [];
    });
}
