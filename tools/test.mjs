// `npm test`: builds, then runs the suites one after the other.
// `npm test -- unit` runs one suite; whatever else is given goes to vitest: `npm test -- unit packages/rpc -t frame`.
// The last line is `N passed, N failed` (and `, N skipped`), summed over the suites.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./lib/build.mjs";
import { run, secondsSince } from "./lib/run.mjs";

const SUITES = [
  { name: "unit", budgetS: 120 },
  { name: "simulation", budgetS: 120 },
  { name: "end-to-end", budgetS: 300 },
];

const names = SUITES.map((suite) => suite.name);
const selected = process.argv.slice(2).filter((argument) => names.includes(argument));
const passedOn = process.argv.slice(2).filter((argument) => !names.includes(argument));

await build();
const suites =
  selected.length === 0 ? SUITES : SUITES.filter(({ name }) => selected.includes(name));
const results = [];
for (const suite of suites) results.push(await runSuite(suite));

process.stdout.write("\n");
for (const { name, seconds, budgetS, counts, problem } of results) {
  const over = seconds > budgetS ? " OVER BUDGET" : "";
  const result = problem ?? closingLine(counts);
  process.stdout.write(
    `${name.padEnd(11)} ${seconds.toFixed(1).padStart(6)} s of ${budgetS} s${over}: ${result}\n`,
  );
}
const total = sum(results.map((result) => result.counts));
process.stdout.write(`${closingLine(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** A suite that ends without a failed test and still not well counts as one failure. */
async function runSuite(suite) {
  const startedMs = performance.now();
  process.stdout.write(`\n== ${suite.name}\n`);
  const directory = mkdtempSync(join(tmpdir(), "aloha-test-"));
  try {
    const report = join(directory, "report.json");
    const code = await run(process.execPath, [
      "node_modules/vitest/vitest.mjs",
      "run",
      `--project=${suite.name}`,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...passedOn,
    ]);
    const { counts, problem } = judge(code, readCounts(report));
    process.stdout.write(`== ${suite.name}: ${secondsSince(startedMs)}\n`);
    return { ...suite, seconds: (performance.now() - startedMs) / 1000, counts, problem };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function judge(code, counts) {
  const oneFailure = { ...counts, failed: Math.max(1, counts.failed) };
  if (counts.passed + counts.failed === 0) {
    return { counts: oneFailure, problem: "no test ran, which is a failure" };
  }
  if (code !== 0 && counts.failed === 0) {
    return { counts: oneFailure, problem: `vitest ended with ${code} beside its tests, see above` };
  }
  return { counts, problem: undefined };
}

function readCounts(report) {
  let text;
  try {
    text = readFileSync(report, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(text);
  return {
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests + (numTodoTests ?? 0),
  };
}

function sum(counts) {
  const add = (key) => counts.reduce((total, count) => total + count[key], 0);
  return { passed: add("passed"), failed: add("failed"), skipped: add("skipped") };
}

function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
