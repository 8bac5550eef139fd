import type { Readable } from "node:stream";
import type { Timers } from "@aloha/runtime";

/** What one stream of a listener may say each second. Who says more waits, as for any slow reader. */
const bytesPerSecondMax = 65_536;
const lineLengthMax = 2_000;
const reasonLengthMax = 500;
/** `TypeError: ...`, `FATAL ERROR: ...`: what Node says before it ends, and then explains at length. */
const namesError = /^(\S+ )?\S*(Error|ERROR)\b/;

/** Reads the lines that a listener's process writes. What it writes costs the master a bounded amount of time. */
export class ListenerOutput {
  #line = "";
  #reason = "";
  #bytes = 0;

  constructor(stream: Readable, timers: Timers, said: (line: string) => void) {
    stream.setEncoding("utf8");
    const second = timers.every(
      1_000,
      () => {
        this.#bytes = 0;
        stream.resume();
      },
      { keepAlive: false },
    );
    stream.on("data", (text: string) => {
      this.#bytes += text.length;
      if (this.#bytes > bytesPerSecondMax) stream.pause();
      for (const line of this.#lines(text)) {
        this.#note(line);
        said(line);
      }
    });
    stream.once("close", () => {
      second.clear();
      if (this.#line === "") return;
      this.#note(this.#line);
      said(this.#line);
    });
    // A stream that breaks has nothing more to say.
    stream.once("error", () => undefined);
  }

  /** The last line that names an error, else the last line: most often the reason why a process ended. */
  get reason(): string {
    return this.#reason.trim().slice(0, reasonLengthMax);
  }

  #note(line: string): void {
    if (namesError.test(line) || !namesError.test(this.#reason)) this.#reason = line;
  }

  #lines(text: string): readonly string[] {
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop() ?? "";
    if (this.#line.length > lineLengthMax) {
      lines.push(this.#line);
      this.#line = "";
    }
    return lines.filter((line) => line.trim() !== "").map((line) => line.slice(0, lineLengthMax));
  }
}
