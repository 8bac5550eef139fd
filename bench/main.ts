import { benchmarks } from "./benchmarks/index.ts";
import { parseBenchArguments } from "./harness/arguments.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { FreshDirectories } from "./harness/fresh-directory.ts";
import { closeOpenResources } from "./harness/open-resources.ts";
import { jsonLine, reportLine, table, type ReportLine } from "./harness/report.ts";

const INTERRUPTED_EXIT_CODE = 130;

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    interrupted = true;
    void closeOpenResources().then(() => process.exit(INTERRUPTED_EXIT_CODE));
  });
}
process.exitCode = await main(process.argv.slice(2));

/** The exit code: 0 if everything was measured, whatever the figures; 1 if a benchmark failed; 2 for a wrong command line. */
async function main(argv: readonly string[]): Promise<number> {
  const asked = parseBenchArguments(argv, benchmarks);
  switch (asked.kind) {
    case "refused":
      process.stderr.write(`${asked.message}\n`);
      return 2;
    case "list":
      for (const { name, description } of benchmarks) {
        process.stdout.write(`${name.padEnd(20)} ${description}\n`);
      }
      return 0;
    case "run":
      return await runAll(asked.benchmarks, asked.runs, asked.json);
  }
}

/** Directories are deleted in the end only: ext4 is slow where many files were just deleted. */
async function runAll(
  chosen: readonly Benchmark[],
  runs: number | undefined,
  json: boolean,
): Promise<number> {
  await using directories = new FreshDirectories();
  const lines: ReportLine[] = [];
  let failed = false;
  for (const benchmark of chosen) {
    try {
      const measured = await runOne(benchmark, runs ?? benchmark.runsDefault, directories);
      lines.push(...measured);
      if (json) process.stdout.write(measured.map((line) => `${jsonLine(line)}\n`).join(""));
    } catch (error) {
      // What it needed was taken from it.
      if (interrupted) return INTERRUPTED_EXIT_CODE;
      failed = true;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`${benchmark.name} failed: ${reason}\n`);
    }
  }
  if (!json) process.stdout.write(`${table(lines)}\n`);
  return failed ? 1 : 0;
}

async function runOne(
  benchmark: Benchmark,
  runs: number,
  directories: FreshDirectories,
): Promise<readonly ReportLine[]> {
  const measurements = await benchmark.run({
    runs,
    freshDirectory: () => directories.create(),
    progress: (message) => process.stderr.write(`${benchmark.name}: ${message}\n`),
  });
  return measurements.map((measurement) => reportLine(benchmark.name, measurement));
}
