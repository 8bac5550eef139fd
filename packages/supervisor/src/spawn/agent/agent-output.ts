import type { AttemptKey, StartSpec } from "@aloha/core";
import type { SegmentCompressor } from "../../output/segment-compressor.ts";
import { SegmentRoller } from "../../output/segment-roller.ts";
import { outputStreams } from "../../output/segment.ts";
import type { AgentReport } from "./agent-report.ts";

/** The files of one attempt, which the agent writes and this process rolls. */
export class AgentOutput {
  readonly #attempt: AttemptKey;
  readonly #spec: Pick<StartSpec, "outputDirectory" | "logs">;
  readonly #compressor: SegmentCompressor;
  readonly #onTrouble: (message: string) => void;
  readonly #rollers = new Map<number, SegmentRoller>();

  constructor(
    attempt: AttemptKey,
    spec: Pick<StartSpec, "outputDirectory" | "logs">,
    compressor: SegmentCompressor,
    onTrouble: (message: string) => void,
  ) {
    this.#attempt = attempt;
    this.#spec = spec;
    this.#compressor = compressor;
    this.#onTrouble = onTrouble;
  }

  /** Makes a segment of what the agent has written so far and does not write meanwhile. False if that cannot be done. */
  roll({ stream, sizeBytes }: Extract<AgentReport, { kind: "roll" }>): boolean {
    try {
      this.#rollerOf(stream).roll(sizeBytes);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#say(stream, `It could not be rolled and goes on in the same file: ${reason}`);
      return false;
    }
  }

  trouble({ stream, isDiskFull, reason }: Extract<AgentReport, { kind: "trouble" }>): void {
    this.#say(
      stream,
      isDiskFull
        ? `The disk is full, so the program waits until its output can be written: ${reason}`
        : `Output is lost, since it cannot be written: ${reason}`,
    );
  }

  #say(stream: number, message: string): void {
    this.#onTrouble(`${this.#attempt}: ${outputStreams[stream] ?? stream}: ${message}`);
  }

  #rollerOf(stream: number): SegmentRoller {
    const known = this.#rollers.get(stream);
    if (known !== undefined) return known;
    const { outputDirectory, logs } = this.#spec;
    const name = outputStreams[stream] ?? "stdout";
    const roller = new SegmentRoller(outputDirectory, name, logs, this.#compressor);
    this.#rollers.set(stream, roller);
    return roller;
  }
}
