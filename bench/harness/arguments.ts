import { parseArgs } from "node:util";
import type { Benchmark } from "./benchmark.ts";

/** What the command line asks for. */
export type BenchArguments =
  | {
      readonly kind: "run";
      readonly benchmarks: readonly Benchmark[];
      readonly json: boolean;
      /** How often each is to be measured; undefined: as each benchmark sees fit. */
      readonly runs: number | undefined;
    }
  | { readonly kind: "list" }
  | { readonly kind: "refused"; readonly message: string };

const RUNS_MAX = 100;

/**
 * Reads `[--json] [--list] [--runs N] [name...]`. A name also stands for every benchmark that goes on with a hyphen
 * after it (`rpc` for `rpc-ask-1` and its like); no name means all of them.
 */
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
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isInteger(runs) && runs >= 1 && runs <= RUNS_MAX)) {
    return { kind: "refused", message: `--runs takes a whole number from 1 to ${RUNS_MAX}.` };
  }
  const names = registry.map(({ name }) => name);
  const isMeant = (name: string, asked: string): boolean =>
    name === asked || (name.startsWith(`${asked}-`) && !names.includes(asked));
  const unknown = positionals.find((asked) => !names.some((name) => isMeant(name, asked)));
  if (unknown !== undefined) {
    return {
      kind: "refused",
      message: `No benchmark "${unknown}". Benchmarks: ${names.join(", ")}.`,
    };
  }
  const benchmarks =
    positionals.length === 0
      ? registry
      : registry.filter(({ name }) => positionals.some((asked) => isMeant(name, asked)));
  return { kind: "run", benchmarks, json: values.json === true, runs };
}
