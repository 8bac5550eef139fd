import type { Clock, Timers } from "@aloha/runtime";
import type { Paint } from "./output/paint.ts";

/** One output stream of a command. */
export interface CommandStream {
  /** Settles when there is room for more, so that a slow reader slows the command. A reader that went away is not an error. */
  write(data: string | Uint8Array): Promise<void>;
  readonly isTerminal: boolean;
  readonly paint: Paint;
  /** Whether the reader went away (`aloha logs ID | head`): nothing that is written arrives any more. */
  readonly closed: boolean;
}

/** How a command answers: for people, or as one JSON document. */
export type OutputFormat = "text" | "json";

/** Everything a command knows of the world around it, so that a test can be that world. */
export interface CommandContext {
  readonly stdout: CommandStream;
  readonly stderr: CommandStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Standard input, as it comes; once. */
  openStdin(): AsyncIterable<Uint8Array>;
  /**
   * Calls `listener` at each Ctrl-C or SIGTERM, counted from 1, until disposed of. Without a
   * listener such a signal ends the process as usual.
   */
  onInterrupt(listener: (count: number, signal: "SIGINT" | "SIGTERM") => void): Disposable;
}
