// `npm run check`: every gate that a change must pass, beside the tests. `npm run check -- lint types` runs some.
// The checks are a package of their own in tools/, which newcomers need not install; this does it when it is missing.
// The last line is `N passed, N failed`, counted in gates.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, fail, requireNode } from "./lib/build.mjs";
import { capture, root, run, secondsSince } from "./lib/run.mjs";
import { checkDocs } from "./gates/docs.mjs";
import { checkFileLength } from "./gates/file-length.mjs";
import { checkLayering } from "./gates/layering.mjs";
import { checkLocks } from "./gates/locks.mjs";
import { checkPackages } from "./gates/packages.mjs";
import { checkTypes } from "./gates/types.mjs";

const BIN = "tools/node_modules/.bin";

/** In the order in which they run: what is quick and often wrong comes first. */
const GATES = [
  { name: "format", check: () => tool("oxfmt", ["--check"]), hint: "`npm run format` repairs it" },
  { name: "layering", check: checkLayering },
  { name: "file-length", check: checkFileLength },
  { name: "locks", check: checkLocks },
  { name: "types", check: checkTypes },
  {
    name: "lint",
    check: () => tool("oxlint", ["--type-aware", "--deny-warnings"]),
    readsBuild: true,
  },
  { name: "docs", check: checkDocs, readsBuild: true, hint: "`npm run docs` repairs it" },
  { name: "dead-code", check: () => tool("knip", ["--no-config-hints"]) },
  { name: "packages", check: checkPackages, readsBuild: true },
];

requireNode();
if (process.argv[2] === "--format") {
  await installTools();
  process.exit(await run(join(root, BIN, "oxfmt"), process.argv.slice(3)));
}
const gates = selectGates(process.argv.slice(2));
await installTools();
// The gate `types` builds anew what the later ones read.
const buildsAnew = gates.some(({ name }) => name === "types");
if (!buildsAnew && gates.some(({ readsBuild }) => readsBuild)) await build({ quiet: true });

let failed = 0;
for (const { name, check, hint } of gates) {
  const startedMs = performance.now();
  const problems = await check();
  const passed = problems.length === 0;
  process.stdout.write(
    `${passed ? "ok  " : "FAIL"} ${name.padEnd(12)} ${secondsSince(startedMs)}\n`,
  );
  for (const problem of problems) process.stdout.write(`${indent(problem)}\n`);
  if (!passed && hint !== undefined) process.stdout.write(`     ${hint}\n`);
  if (!passed) failed++;
}
process.stdout.write(`${gates.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

function selectGates(names) {
  const known = GATES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`No gate "${unknown}". Gates: ${known.join(", ")}.`);
  return names.length === 0 ? GATES : GATES.filter(({ name }) => names.includes(name));
}

async function installTools() {
  if (existsSync(join(root, BIN, "knip"))) return;
  const startedMs = performance.now();
  const code = await run("npm", ["ci", "--prefix", "tools", "--no-audit", "--no-fund"]);
  if (code !== 0) fail("The tools could not be installed (npm ci in tools/); see above.");
  process.stdout.write(`ok   install      ${secondsSince(startedMs)} (tools/node_modules)\n`);
}

/** A gate that is one command; what it prints is the problem. */
async function tool(name, args) {
  const environment = { OXLINT_TSGOLINT_PATH: join(root, BIN, "tsgolint") };
  const { code, stdout, stderr } = await capture(join(root, BIN, name), args, environment);
  return code === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

function indent(text) {
  return text.replaceAll(/^/gm, "     ");
}
