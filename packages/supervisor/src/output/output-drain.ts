import { Socket, type OnReadOpts, type SocketConstructorOpts } from "node:net";
import type { Timer, Timers } from "@aloha/runtime";
import { errorCode } from "@aloha/runtime/node";
import type { RollingFile } from "./rolling-file.ts";

/** One read; also what a pipe holds. */
const READ_BYTES = 65_536;
/** Up to here a write is done at once. */
const WRITE_NOW_BYTES_MAX = 16_384;
/** Read and not yet written: beyond it the pipe is left full, and its writer waits. */
const QUEUE_BYTES_MAX = 1_048_576;
const DISK_FULL_RETRY_MS = 1_000;

/** Shared by all streams: what is in it is written or copied before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

export interface OutputDrainOptions {
  readonly readFd: number;
  readonly file: RollingFile;
  readonly timers: Timers;
  /** Once for each time that output cannot be written. */
  readonly onTrouble: (message: string) => void;
}

/**
 * Moves what a program writes into a pipe to its file. While the disk is full it reads no
 * more, so that the program waits and no line is lost.
 */
export class OutputDrain {
  readonly #socket: Socket;
  readonly #file: RollingFile;
  readonly #options: OutputDrainOptions;
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #writing = false;
  #inTrouble = false;
  #ended = false;
  #onDone: (() => void) | null = null;
  #patience: Timer | null = null;

  constructor(options: OutputDrainOptions) {
    this.#options = options;
    this.#file = options.file;
    const socketOptions: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
      fd: options.readFd,
      readable: true,
      writable: false,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => this.#take(buffer.subarray(0, length)),
      },
    };
    this.#socket = new Socket(socketOptions);
    this.#socket.on("end", () => this.#end());
    this.#socket.on("close", () => this.#end());
    this.#socket.on("error", (error) =>
      options.onTrouble(`Output could not be read: ${error.message}`),
    );
    this.#socket.resume();
  }

  /**
   * Calls `done` once everything up to the end of the pipe is in the file. No process of the
   * tree is left, so whoever still holds the pipe open got it from one: it is waited for at most `patienceMs`.
   */
  finish(patienceMs: number, done: () => void): void {
    this.#onDone = done;
    if (!this.#ended) this.#patience = this.#options.timers.after(patienceMs, () => this.#end());
    this.#settle();
  }

  #take(bytes: Uint8Array): boolean {
    if (!this.#writing && bytes.length <= WRITE_NOW_BYTES_MAX && this.#writeNow(bytes)) return true;
    this.#queue.push(Buffer.from(bytes));
    this.#queuedBytes += bytes.length;
    if (!this.#writing) void this.#write();
    return this.#queuedBytes < QUEUE_BYTES_MAX;
  }

  /** False if it has to be queued: the slow way then meets the same error and deals with it. */
  #writeNow(bytes: Uint8Array): boolean {
    let written = 0;
    try {
      while (written < bytes.length) written += this.#file.writeNow(bytes.subarray(written));
      return true;
    } catch {
      if (written === 0) return false;
      this.#queue.push(Buffer.from(bytes.subarray(written)));
      this.#queuedBytes += bytes.length - written;
      void this.#write();
      return true;
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const written = await this.#writeSome(head);
      this.#queuedBytes -= written;
      if (written === head.length) this.#queue.shift();
      else this.#queue[0] = head.subarray(written);
      if (!this.#ended && this.#queuedBytes < QUEUE_BYTES_MAX / 2) this.#socket.resume();
    }
    this.#writing = false;
    this.#settle();
  }

  /** Never fails: a full disk is waited for; what cannot be written for another reason is dropped, and said. */
  async #writeSome(bytes: Buffer): Promise<number> {
    try {
      const written = await this.#file.write(bytes);
      this.#inTrouble = false;
      return written;
    } catch (error) {
      const code = errorCode(error);
      const full = code === "ENOSPC" || code === "EDQUOT";
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#inTrouble) {
        this.#options.onTrouble(
          full
            ? `The disk is full, so the program waits until its output can be written: ${reason}`
            : `Output is lost, since it cannot be written: ${reason}`,
        );
      }
      this.#inTrouble = true;
      if (!full) return bytes.length;
      await new Promise<void>((resolve) => {
        this.#options.timers.after(DISK_FULL_RETRY_MS, resolve);
      });
      return 0;
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#patience?.clear();
    this.#socket.destroy();
    this.#settle();
  }

  #settle(): void {
    if (!this.#ended || this.#writing || this.#onDone === null) return;
    const done = this.#onDone;
    this.#onDone = null;
    this.#file.close();
    done();
  }
}
