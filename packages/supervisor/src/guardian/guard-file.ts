import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { fileNameOf } from "../containment/containment.ts";
import type { GuardEntry } from "../core/index.ts";

/** The supervisor acts first, at the deadline itself; the guardian only when it did not. */
const SLACK_MS = 1_000;
/** The first line has a fixed width, so that it can be changed in place. */
const FIRST_LINE_DIGITS = 12;

/** The table that the guardian reads: replaced as a whole now and then, and added to before each fork. */
export class GuardFile {
  readonly #path: string;
  #fd: number | null = null;
  #earliestSeconds = Number.POSITIVE_INFINITY;
  #lengthBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Replaces the table. The guardian sees the old one or the new one, never a part. */
  replace(entries: readonly GuardEntry[]): void {
    this.#earliestSeconds = Math.min(Number.POSITIVE_INFINITY, ...entries.map(secondsOf));
    const text = `${firstLine(this.#earliestSeconds)}${entries.map(lineOf).join("")}`;
    const fd = openSync(`${this.#path}.new`, "w+", 0o600);
    writeSync(fd, text, 0);
    renameSync(`${this.#path}.new`, this.#path);
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = fd;
    this.#lengthBytes = Buffer.byteLength(text);
  }

  /** Adds one entry: what may be running must never be unknown to the guardian. */
  add(entry: GuardEntry): void {
    if (this.#fd === null) this.replace([]);
    const fd = this.#fd!;
    this.#lengthBytes += writeSync(fd, lineOf(entry), this.#lengthBytes);
    const seconds = secondsOf(entry);
    if (seconds >= this.#earliestSeconds) return;
    this.#earliestSeconds = seconds;
    writeSync(fd, firstLine(seconds), 0);
  }

  remove(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    rmSync(this.#path, { force: true });
  }
}

function secondsOf({ fenceBootMs }: GuardEntry): number {
  return fenceBootMs === null
    ? Number.POSITIVE_INFINITY
    : Math.ceil((fenceBootMs + SLACK_MS) / 1000);
}

function firstLine(seconds: number): string {
  return `${(Number.isFinite(seconds) ? String(seconds) : "-").padEnd(FIRST_LINE_DIGITS)}\n`;
}

function lineOf(entry: GuardEntry): string {
  const seconds = secondsOf(entry);
  const deadline = Number.isFinite(seconds) ? seconds : "-";
  return `${deadline} ${fileNameOf(entry.attempt)} ${entry.main?.pid ?? "-"} ${entry.main?.startTicks ?? "-"} ${entry.attempt}\n`;
}
