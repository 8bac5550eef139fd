const newline = 0x0a;

/** Complete lines, and how they are numbered, from 1 on. */
export interface Lines {
  readonly firstNumber: number;
  /** Without their ends. Undefined: the line is not UTF-8, or too long to be kept. */
  readonly texts: readonly (string | undefined)[];
}

/** Cuts a stream of bytes into lines, and keeps no more of it than one line that is still to end. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  /** The line under way is longer than any may be: what there is of it was dropped. */
  #tooLong = false;
  #number = 1;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that end in this piece. */
  push(piece: Uint8Array): Lines {
    const end = piece.lastIndexOf(newline);
    if (end < 0) {
      this.#keep(piece);
      return this.#numbered([]);
    }
    const texts: (string | undefined)[] = [];
    let start = 0;
    if (this.#restBytes > 0 || this.#tooLong) {
      const first = piece.indexOf(newline);
      this.#keep(piece.subarray(0, first));
      texts.push(this.#takeRest());
      start = first + 1;
    }
    if (start <= end) texts.push(...this.#decode(piece.subarray(start, end)));
    this.#keep(piece.subarray(end + 1));
    return this.#numbered(texts);
  }

  /** The last line, if it has no end. */
  end(): Lines {
    return this.#numbered(this.#restBytes > 0 || this.#tooLong ? [this.#takeRest()] : []);
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#tooLong) return;
    this.#restBytes += bytes.length;
    if (this.#restBytes > this.#lineBytesMax) {
      this.#tooLong = true;
      this.#rest = [];
      this.#restBytes = 0;
      return;
    }
    // A copy: the piece belongs to whoever read it.
    this.#rest.push(bytes.slice());
  }

  #takeRest(): string | undefined {
    const bytes = this.#tooLong ? undefined : Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    this.#tooLong = false;
    return bytes === undefined ? undefined : this.#decodeOne(bytes);
  }

  /** All lines at once, which is many times faster than one by one; where that fails, one of them is to blame. */
  #decode(bytes: Uint8Array): readonly (string | undefined)[] {
    const all = this.#decodeOne(bytes);
    if (all !== undefined) return all.split("\n");
    const texts: (string | undefined)[] = [];
    for (let start = 0; start <= bytes.length;) {
      const found = bytes.indexOf(newline, start);
      const end = found < 0 ? bytes.length : found;
      texts.push(this.#decodeOne(bytes.subarray(start, end)));
      start = end + 1;
    }
    return texts;
  }

  #decodeOne(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }

  #numbered(texts: readonly (string | undefined)[]): Lines {
    const firstNumber = this.#number;
    this.#number += texts.length;
    return { firstNumber, texts };
  }
}
