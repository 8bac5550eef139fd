import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, secondsSince } from "./run.mjs";

/**
 * Builds everything that changed (`tsc -b`), saying how long it took. Ends the process with one
 * clear message if this Node is too old, the dependencies are missing, or the build fails.
 * @param {{ quiet?: boolean, project?: string }} [options] quiet: says nothing when all goes well;
 *   project: this one and what it needs, instead of everything
 */
export async function build(options = {}) {
  requireNode();
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  if (!existsSync(compiler)) {
    fail("The dependencies are not installed. Run `npm ci` first.");
  }
  const startedMs = performance.now();
  const projects = options.project === undefined ? [] : [options.project];
  if (!options.quiet) process.stderr.write(`build   ${["tsc -b", ...projects].join(" ")} ...\n`);
  const code = await run(process.execPath, [compiler, "-b", ...projects]);
  if (code !== 0) fail("The build failed; the errors are above.");
  if (!options.quiet) process.stderr.write(`build   done in ${secondsSince(startedMs)}\n`);
}

/** Ends the process if this Node is older than package.json asks for. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [wantedMajor, wantedMinor] = versionNumbers(engines.node);
  const [major, minor] = versionNumbers(process.versions.node);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(`Aloha needs Node ${wantedMajor}.${wantedMinor} or newer; this is ${process.version}.`);
}

/**
 * @param {string} text such as ">=20.19"
 * @returns {number[]} its numbers, a missing minor being 0
 */
function versionNumbers(text) {
  const [major = 0, minor = 0] = (text.match(/\d+/g) ?? []).map(Number);
  return [major, minor];
}

/**
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
