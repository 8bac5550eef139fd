import { parseArgs } from "node:util";
import type { Benchmark } from "./benchmark.ts";

/** What the command line asks for. */
export type BenchArguments =
  | {
      readonly kind: "run";
      readonly benchmarks: readonly Benchmark[];
      readonly json: boolean;
      readonly runs: number;
    }
  | { readonly kind: "list" }
  | { readonly kind: "refused"; readonly message: string };

const RUNS = 5;
const RUNS_MAX = 100;

/** Reads `[--json] [--list] [--runs N] [name...]`; no name means all of them. */
export function parseBenchArguments(
  argv: readonly string[],
  registry: readonly Benchmark[],
): BenchArguments {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { json: { type: "boolean" }, list: { type: "boolean" }, runs: { type: "string" } },
    });
  } catch (error) {
    return { kind: "refused", message: error instanceof Error ? error.message : String(error) };
  }
  const { values, positionals } = parsed;
  if (values.list === true) return { kind: "list" };
  const runs = Number(values.runs ?? RUNS);
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX) {
    return { kind: "refused", message: `--runs takes a whole number from 1 to ${RUNS_MAX}.` };
  }
  const names = registry.map(({ name }) => name);
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return {
      kind: "refused",
      message: `No benchmark "${unknown}". Benchmarks: ${names.join(", ")}.`,
    };
  }
  const benchmarks =
    positionals.length === 0 ? registry : registry.filter(({ name }) => positionals.includes(name));
  return { kind: "run", benchmarks, json: values.json === true, runs };
}
