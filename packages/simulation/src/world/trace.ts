/** Lines that are kept to be shown when something is wrong. */
const pageLength = 60;

/**
 * What happened, line by line. All of it goes into a hash, by which two runs are compared; the
 * last page is kept; a sink, if there is one, gets everything.
 */
export class Trace {
  readonly #sink: ((line: string) => void) | null;
  readonly #page: string[] = [];
  #high = 0x811c9dc5;
  #low = 0x01000193;
  #length = 0;

  constructor(sink: ((line: string) => void) | null) {
    this.#sink = sink;
  }

  add(atMs: number, who: string, what: string): void {
    const line = `${(atMs / 1000).toFixed(3).padStart(9)} ${who.padEnd(9)} ${what}`;
    this.#length++;
    this.#mix(line);
    if (this.#page.length >= 2 * pageLength) this.#page.splice(0, pageLength);
    this.#page.push(line);
    this.#sink?.(line);
  }

  get hash(): string {
    const words = [this.#high >>> 0, this.#low >>> 0];
    return `${this.#length}-${words.map((word) => word.toString(16).padStart(8, "0")).join("")}`;
  }

  /** The last lines, oldest first. */
  get lastPage(): readonly string[] {
    return this.#page.slice(-pageLength);
  }

  /** Two 32-bit FNV-1a hashes, one of them stirred: equal only if the lines are. */
  #mix(line: string): void {
    for (let index = 0; index < line.length; index++) {
      const code = line.charCodeAt(index);
      this.#high = Math.imul(this.#high ^ code, 0x01000193);
      this.#low = Math.imul(this.#low ^ code, 0x85ebca6b);
      this.#low ^= this.#low >>> 13;
    }
  }
}
