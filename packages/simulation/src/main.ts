import { createNodeRuntime } from "@aloha/runtime/node";
import { parseCommandLine, usage } from "./command-line.ts";
import { simulate } from "./simulate.ts";
import type { SimulationResult } from "./simulate.ts";

const { clock } = createNodeRuntime();

/** Runs after which progress is told. */
const progressEvery = 25;

await main();

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      print(usage);
      return;
    case "invalid":
      print(`${command.message}\n\n${usage}`);
      process.exitCode = 2;
      return;
    case "one": {
      const result = await simulate({ ...command, sink: print });
      print(describeRun(result));
      reportViolation(result, []);
      return;
    }
    case "many":
      await runMany(command.from, command.seeds, command.minutes);
  }
}

async function runMany(from: number, seeds: number, minutes: number): Promise<void> {
  const startedMs = clock.monotonicMs();
  const faults = new Map<string, number>();
  let simulatedMs = 0;
  let failures = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await simulate({ seed, minutes });
    simulatedMs += result.simulatedMs;
    for (const [kind, count] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
    if (result.violation !== null) failures++;
    reportViolation(result, result.lastPage);
    const done = seed - from + 1;
    if (done % progressEvery === 0 || done === seeds) {
      const rate = simulatedMs / 3_600 / Math.max(1, clock.monotonicMs() - startedMs);
      print(
        `${done} of ${seeds} seeds, ${failures} failed, ${rate.toFixed(2)} simulated hours a second`,
      );
    }
  }
  const kinds = [...faults].sort(([left], [right]) => (left < right ? -1 : 1));
  print(`faults: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
}

function reportViolation({ seed, violation }: SimulationResult, page: readonly string[]): void {
  if (violation === null) return;
  process.exitCode = 1;
  for (const line of page) print(line);
  print(`seed ${seed}: ${violation.checker}: ${violation.message}`);
}

function describeRun({
  seed,
  simulatedMs,
  eventCount,
  acceptedCount,
  traceHash,
}: SimulationResult): string {
  const minutes = (simulatedMs / 60_000).toFixed(1);
  return `seed ${seed}: ${minutes} simulated minutes, ${eventCount} events, ${acceptedCount} applications, trace ${traceHash}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
