/** One measured figure. */
export interface Measurement {
  /** What was measured, within its benchmark: "" for what gives the benchmark its name. */
  readonly label: string;
  /** One value a run; the median is reported. */
  readonly values: readonly number[];
  /** For instance "messages/s", "ms", "MB". */
  readonly unit: string;
  /** Which way is better. */
  readonly better: "higher" | "lower";
  /** What this machine can do at best, measured beside each run; none where nothing bounds the figure. */
  readonly limits?: readonly number[];
  /** What the original reaches on a machine like the one of docs/benchmarks.md, where that is known. */
  readonly peer?: number;
  /** What Aloha wants to reach on such a machine: at least that if higher is better, else at most. */
  readonly bar?: number;
}

/** What a benchmark gets from the harness. */
export interface BenchmarkContext {
  /** How often each figure is to be measured. */
  readonly runs: number;
  /** A new empty directory on a real disk, deleted when all benchmarks are over. */
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
  /** How often it measures unless told otherwise: less often where a run takes long. */
  readonly runsDefault: number;
  run(context: BenchmarkContext): Promise<readonly Measurement[]>;
}
