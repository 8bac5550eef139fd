import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { AppendLog } from "../append-log.ts";
import { AppendLogError } from "./append-log-error.ts";
import { encodeFrame } from "./append-log-format.ts";
import { replaceFile, syncDirectory } from "./durable-file.ts";

/** What a log must keep to. */
export interface FileAppendLogLimits {
  /** The first line, written again by every rewrite. */
  readonly header: Buffer;
  readonly entryBytesMax: number;
  readonly logBytesMax: number;
}

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: AppendLogError) => void;
}

type Job =
  | (Settle & {
      readonly kind: "append";
      readonly entries: readonly string[];
      readonly bytes: number;
    })
  | (Settle & { readonly kind: "rewrite"; readonly entries: readonly string[] })
  | (Settle & { readonly kind: "close" });

/** A frame is cut off at this size: then the next append starts another. One append is never split. */
const FRAME_BYTES_TARGET = 4 * 1024 * 1024;

/**
 * An append log in a file whose contents were read before. Jobs are carried out one after the
 * other in the order they were asked for; appends that wait together become one frame with one sync.
 */
export class FileAppendLog<Entry> implements AppendLog<Entry> {
  readonly #path: string;
  readonly #limits: FileAppendLogLimits;
  #file: FileHandle;
  #sizeBytes: number;
  #waitingBytes = 0;
  #jobs: Job[] = [];
  #busy = false;
  #failure: AppendLogError | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, file: FileHandle, sizeBytes: number, limits: FileAppendLogLimits) {
    this.#path = path;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#limits = limits;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const serialized = this.#serialize(entries);
    const bytes = serialized.reduce((sum, entry) => sum + Buffer.byteLength(entry) + 1, 16);
    if (this.#sizeBytes + this.#waitingBytes + bytes > this.#limits.logBytesMax) {
      throw this.#full();
    }
    this.#waitingBytes += bytes;
    try {
      await this.#enqueue((settle) => ({ kind: "append", entries: serialized, bytes, ...settle }));
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  async rewrite(entries: readonly Entry[]): Promise<void> {
    const serialized = this.#serialize(entries);
    await this.#enqueue((settle) => ({ kind: "rewrite", entries: serialized, ...settle }));
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => {
      this.#jobs.push({ kind: "close", resolve, reject });
      void this.#work();
    });
    return this.#closing;
  }

  #enqueue(makeJob: (settle: Settle) => Job): Promise<void> {
    if (this.#closing !== undefined) {
      return Promise.reject(new AppendLogError("closed", `${this.#path} is closed.`));
    }
    return new Promise((resolve, reject) => {
      this.#jobs.push(makeJob({ resolve, reject }));
      void this.#work();
    });
  }

  /** Never rejects: whatever fails is told to those who asked for it. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    // Appends made in the same turn share the first frame.
    await Promise.resolve();
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch()) {
      try {
        await this.#carryOut(batch);
        for (const job of batch) job.resolve();
      } catch (error) {
        const failure = this.#asFailure(error);
        for (const job of batch) job.reject(failure);
      }
    }
    this.#busy = false;
  }

  /** The next job, or all the appends at the head that fit into one frame. */
  #takeBatch(): readonly Job[] {
    let count = 0;
    let bytes = 0;
    for (const job of this.#jobs) {
      if (job.kind !== "append") break;
      bytes += job.bytes;
      if (count > 0 && bytes > FRAME_BYTES_TARGET) break;
      count++;
    }
    return this.#jobs.splice(0, Math.max(count, 1));
  }

  async #carryOut(batch: readonly Job[]): Promise<void> {
    const [first] = batch;
    if (first?.kind === "close") {
      await this.#file.close();
      return;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (first?.kind === "rewrite") {
      await this.#replaceFile(first.entries);
      return;
    }
    const entries = batch.flatMap((job) => (job.kind === "append" ? job.entries : []));
    await this.#writeFrame(encodeFrame(entries));
  }

  async #writeFrame(frame: Buffer): Promise<void> {
    try {
      let written = 0;
      while (written < frame.length) {
        const rest = frame.length - written;
        const { bytesWritten } = await this.#file.write(
          frame,
          written,
          rest,
          this.#sizeBytes + written,
        );
        written += bytesWritten;
      }
      await this.#file.datasync();
    } catch (error) {
      // After a failed sync the kernel forgets which pages were not written, and a second sync
      // would lie (fsyncgate, 2018): so no later append may succeed.
      this.#failure = this.#asFailure(error);
      throw this.#failure;
    }
    this.#sizeBytes += frame.length;
  }

  /** Until the rename nothing is lost by a failure, so it is no reason to refuse later appends. */
  async #replaceFile(entries: readonly string[]): Promise<void> {
    const frames = encodeFrames(entries);
    const content = Buffer.concat([this.#limits.header, ...frames]);
    if (content.length > this.#limits.logBytesMax) throw this.#full();
    const former = this.#file;
    this.#file = await replaceFile(this.#path, content);
    this.#sizeBytes = content.length;
    try {
      await former.close();
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      // The new file has its name, but after a crash the old one may be back without what is appended from now on.
      this.#failure = this.#asFailure(error);
      throw this.#failure;
    }
  }

  #serialize(entries: readonly Entry[]): readonly string[] {
    return entries.map((entry) => {
      const text = JSON.stringify(entry);
      const bytes = Buffer.byteLength(text);
      if (bytes <= this.#limits.entryBytesMax) return text;
      throw new AppendLogError(
        "entry-too-large",
        `An entry of ${bytes} bytes is too large for ${this.#path}, which takes ${this.#limits.entryBytesMax}.`,
      );
    });
  }

  #full(): AppendLogError {
    return new AppendLogError(
      "log-full",
      `${this.#path} has reached its limit of ${this.#limits.logBytesMax} bytes.`,
    );
  }

  #asFailure(error: unknown): AppendLogError {
    if (error instanceof AppendLogError) return error;
    return new AppendLogError(
      "write-failed",
      `Cannot write ${this.#path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function encodeFrames(entries: readonly string[]): readonly Buffer[] {
  const frames: Buffer[] = [];
  let gathered: string[] = [];
  let length = 0;
  for (const entry of entries) {
    if (length > 0 && length + entry.length > FRAME_BYTES_TARGET) {
      frames.push(encodeFrame(gathered));
      gathered = [];
      length = 0;
    }
    gathered.push(entry);
    length += entry.length;
  }
  if (gathered.length > 0) frames.push(encodeFrame(gathered));
  return frames;
}
