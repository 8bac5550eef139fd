import type { Timer, Timers } from "@aloha/runtime";

export interface DigestOptions {
  readonly periodMs: number;
  readonly timers: Timers;
  /** Tells what has gathered: how often, and the last message. */
  readonly tell: (count: number, message: string) => void;
}

/** Tells of something that may happen very often: the first time at once, then at most once in a period. */
export class Digest {
  readonly #options: DigestOptions;
  #timer: Timer | undefined;
  #count = 0;
  #message = "";

  constructor(options: DigestOptions) {
    this.#options = options;
  }

  note(message: string, count = 1): void {
    this.#count += count;
    this.#message = message;
    if (this.#timer === undefined) this.#tell();
  }

  /** What has gathered and was not told is forgotten. */
  close(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    this.#count = 0;
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#count === 0) return;
    const count = this.#count;
    this.#count = 0;
    this.#timer = this.#options.timers.after(this.#options.periodMs, () => this.#tell(), {
      keepAlive: false,
    });
    this.#options.tell(count, this.#message);
  }
}
