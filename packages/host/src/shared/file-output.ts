import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { ApplicationOutput } from "@aloha/sdk";

/** How large a file of output gets, and how many of them are kept; null: without limit. */
export interface OutputLimits {
  readonly segmentBytes: number | null;
  readonly keep: number | null;
}

type StreamName = "stdout" | "stderr";

/**
 * Writes the output of one application into its directory, which is made when there is something to
 * write: most small applications write nothing, and cost no file. A full file is rolled as the
 * supervisor rolls those of processes: renamed to carry the offset of its first byte.
 */
export class FileOutput implements ApplicationOutput {
  readonly isProcessOutput = false;
  readonly #directory: string;
  readonly #limits: OutputLimits;
  readonly #files = new Map<StreamName, SegmentFile>();
  #closed = false;

  constructor(directory: string, limits: OutputLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  stdout(text: string | Uint8Array): void {
    this.#write("stdout", text);
  }

  stderr(text: string | Uint8Array): void {
    this.#write("stderr", text);
  }

  /** What is written later, by code that the application left behind, is dropped. */
  close(): void {
    this.#closed = true;
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  /** A failure (a full disk) is the application's: it is thrown where it wrote. */
  #write(name: StreamName, text: string | Uint8Array): void {
    if (this.#closed) return;
    let file = this.#files.get(name);
    if (file === undefined) {
      mkdirSync(this.#directory, { recursive: true, mode: 0o750 });
      file = new SegmentFile(this.#directory, name, this.#limits);
      this.#files.set(name, file);
    }
    file.write(typeof text === "string" ? Buffer.from(text) : text);
  }
}

/** One stream: the file that is written, and the full ones before it. */
class SegmentFile {
  readonly #path: string;
  readonly #directory: string;
  readonly #name: string;
  readonly #limits: OutputLimits;
  #fd: number;
  #sizeBytes: number;
  #startOffset = 0;

  constructor(directory: string, name: string, limits: OutputLimits) {
    this.#directory = directory;
    this.#name = name;
    this.#limits = limits;
    this.#path = join(directory, name);
    this.#fd = openSync(this.#path, "a", 0o640);
    this.#sizeBytes = fstatSync(this.#fd).size;
  }

  write(bytes: Uint8Array): void {
    const segmentBytes = this.#limits.segmentBytes ?? Number.POSITIVE_INFINITY;
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#sizeBytes >= segmentBytes) this.#roll();
      const fitting = rest.subarray(0, Math.min(rest.length, segmentBytes - this.#sizeBytes));
      const written = writeSync(this.#fd, fitting);
      this.#sizeBytes += written;
      rest = rest.subarray(written);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #roll(): void {
    const rolled = `${this.#path}.${String(this.#startOffset).padStart(15, "0")}`;
    renameSync(this.#path, rolled);
    closeSync(this.#fd);
    this.#startOffset += this.#sizeBytes;
    this.#sizeBytes = 0;
    this.#fd = openSync(this.#path, "a", 0o640);
    this.#trim();
  }

  /** At least one stays: where the active file starts is told by the one before it. */
  #trim(): void {
    const { keep } = this.#limits;
    if (keep === null) return;
    const segments = readdirSync(this.#directory)
      .filter((name) => name.startsWith(`${this.#name}.`))
      .toSorted();
    for (const name of segments.slice(0, -Math.max(1, keep))) {
      rmSync(join(this.#directory, name), { force: true });
    }
  }
}
