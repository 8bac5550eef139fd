import { readFileSync } from "node:fs";
import { readLines } from "./read-lines.ts";

/** A sign of life that an application wrote. */
export interface Beat {
  readonly attempt: number;
  /** CLOCK_BOOTTIME, as deadlines are. */
  readonly atMs: number;
}

/** A script that ignores SIGTERM and writes a sign of life about 30 times a second, for ever. */
export function heartbeat(path: string): string {
  return `trap '' TERM; while :; do read -r up idle < /proc/uptime; echo "$ALOHA_ATTEMPT_NUMBER $up" >> ${path}; sleep 0.03; done`;
}

export function readBeats(path: string): readonly Beat[] {
  return readLines(path).map((line) => {
    const [attempt, seconds] = line.split(" ").map(Number);
    return { attempt: attempt ?? Number.NaN, atMs: (seconds ?? Number.NaN) * 1000 };
  });
}

export function bootMs(): number {
  return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
}

/** The longest time without a sign of life, and the last one. */
export function quietest(beats: readonly Beat[]): number {
  return Math.max(0, ...beats.slice(1).map(({ atMs }, index) => atMs - beats[index]!.atMs));
}
