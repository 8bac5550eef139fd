import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/run.mjs";
import { filesUnder } from "./workspace.mjs";

const SOURCE_LINES_MAX = 350;
/** A test is a list of cases, which may be longer than a thought. */
const TEST_LINES_MAX = 500;

/** @returns {string[]} every source or test file that is too long to be about one thing */
export function checkFileLength() {
  return ["packages", "bench", "test", "tools", "examples"]
    .flatMap((directory) => filesUnder(directory, /\.(ts|tsx|mjs|js|c|h|sh)$/))
    .flatMap((path) => {
      const lines = readFileSync(join(root, path), "utf8").split("\n").length - 1;
      const linesMax = /(^|\/)test\//.test(path) ? TEST_LINES_MAX : SOURCE_LINES_MAX;
      return lines > linesMax
        ? [`${path} has ${lines} lines; at most ${linesMax}: find the concept that is missing`]
        : [];
    });
}
