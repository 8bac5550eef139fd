/** One measured figure. */
export interface Measurement {
  /** What was measured, within its benchmark: "" if it measures one thing only. */
  readonly label: string;
  /** One value a run; the median is reported. */
  readonly values: readonly number[];
  /** For instance "messages/s", "ms", "MB". */
  readonly unit: string;
  /** Which way is better. */
  readonly better: "higher" | "lower";
  /** What must be kept to; outside it the run fails. */
  readonly limit?: number;
  /** What the best comparable thing reached here, measured in the same run or named with its source. */
  readonly peer?: { readonly name: string; readonly value: number };
}

/** What a benchmark gets from the harness. */
export interface BenchmarkContext {
  /** How often each figure is to be measured. */
  readonly runs: number;
  /** A new empty directory on a real disk, deleted afterwards. */
  readonly freshDirectory: () => Promise<string>;
  /** Says how it goes, on stderr. */
  readonly progress: (message: string) => void;
}

/** A benchmark: measures, cleans up behind itself, and rejects if it cannot measure. */
export interface Benchmark {
  /** How it is chosen on the command line: lower case letters, digits and hyphens. */
  readonly name: string;
  /** One line for `--list`. */
  readonly description: string;
  run(context: BenchmarkContext): Promise<readonly Measurement[]>;
}
