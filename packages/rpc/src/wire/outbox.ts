import type { Timers } from "@aloha/runtime";
import type { Channel } from "../transport/transport.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { CONTROL_BIT, FRAME, HEADER_BYTES, writeHeader } from "./frame.ts";

export type Lane = "bulk" | "control";

/** Bytes the channel may hold unsent. More stays in the lanes, where control can still overtake it. */
const CHANNEL_BYTES_MAX = 256 * 1024;

/** What the control lane may hold beyond the limit, so that errors and pongs still get out of a full outbox. */
const CONTROL_RESERVE_BYTES = 64 * 1024;

/** Below this many bytes a loop copies faster than TypedArray.set. */
const LOOP_COPY_BYTES_MAX = 96;

/** A buffer that is being filled with frames. */
interface Chunk {
  readonly bytes: Uint8Array;
  used: number;
  /** Frames in it whose loss nobody would notice otherwise. */
  sends: number;
}

/** Turns frames into what is put on the wire. */
export type Seal = (frames: Uint8Array) => Uint8Array;

export interface OutboxOptions {
  readonly bytesMax: number;
  readonly pool: ChunkPool;
  readonly timers: Timers;
}

/**
 * What waits to be sent over one connection, in two lanes; control leaves first. Frames of one turn
 * of the loop are written side by side into one buffer, which leaves in one write.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #control: Chunk[] = [];
  readonly #bulk: Chunk[] = [];
  #channel: Channel | undefined;
  #seal: Seal | undefined;
  #queuedBytes = 0;
  #channelBytes = 0;
  #pendingSends = 0;
  #flushScheduled = false;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Bytes not yet taken by the network. */
  get pendingBytes(): number {
    return this.#queuedBytes + this.#channelBytes;
  }

  /** Sent messages (not asks) not yet taken by the network. */
  get pendingSends(): number {
    return this.#pendingSends;
  }

  /** Starts sending; what was added before leaves now. */
  open(channel: Channel, seal: Seal | undefined): void {
    this.#channel = channel;
    this.#seal = seal;
    this.#flush();
  }

  /** Adds a frame. `false`: there is no room, and nothing was added. */
  add(
    lane: Lane,
    type: number,
    endpoint: number,
    ask: number,
    body: Uint8Array | undefined,
  ): boolean {
    const bodyBytes = body === undefined ? 0 : body.length;
    const frameBytes = HEADER_BYTES + bodyBytes;
    const reserve = lane === "control" ? CONTROL_RESERVE_BYTES : 0;
    if (
      this.#closed ||
      this.#queuedBytes + this.#channelBytes + frameBytes > this.#options.bytesMax + reserve
    ) {
      return false;
    }
    const chunk = this.#room(lane === "control" ? this.#control : this.#bulk, frameBytes);
    const target = chunk.bytes;
    const start = chunk.used;
    writeHeader(
      target,
      start,
      bodyBytes,
      lane === "control" ? type | CONTROL_BIT : type,
      endpoint,
      ask,
    );
    if (body !== undefined) {
      if (bodyBytes > LOOP_COPY_BYTES_MAX) target.set(body, start + HEADER_BYTES);
      else
        for (let index = 0; index < bodyBytes; index++)
          target[start + HEADER_BYTES + index] = body[index]!;
    }
    chunk.used = start + frameBytes;
    if (type === FRAME.send) {
      chunk.sends++;
      this.#pendingSends++;
    }
    this.#queuedBytes += frameBytes;
    if (!this.#flushScheduled) this.#schedule();
    return true;
  }

  /** Settles when everything has left, or the outbox is closed. */
  drained(): Promise<void> {
    if (this.pendingBytes === 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  close(): void {
    this.#closed = true;
    for (const lane of [this.#control, this.#bulk]) {
      for (const chunk of lane.splice(0)) this.#options.pool.give(chunk.bytes);
    }
    this.#queuedBytes = 0;
    this.#drained?.();
  }

  #room(lane: Chunk[], frameBytes: number): Chunk {
    const last = lane[lane.length - 1];
    if (last !== undefined && last.bytes.length - last.used >= frameBytes) return last;
    const chunk: Chunk = { bytes: this.#options.pool.take(frameBytes), used: 0, sends: 0 };
    lane.push(chunk);
    return chunk;
  }

  #schedule(): void {
    this.#flushScheduled = true;
    this.#options.timers.soon(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    while (!this.#closed && this.#channelBytes < CHANNEL_BYTES_MAX) {
      const chunk = this.#control.shift() ?? this.#bulk.shift();
      if (chunk === undefined) break;
      this.#write(channel, chunk);
    }
  }

  #write(channel: Channel, chunk: Chunk): void {
    const count = chunk.used;
    this.#queuedBytes -= count;
    this.#channelBytes += count;
    const frames = chunk.bytes.subarray(0, count);
    channel.write(this.#seal === undefined ? frames : this.#seal(frames), () => {
      // A closed socket may report a write before it has let go of its bytes.
      if (!this.#closed) this.#options.pool.give(chunk.bytes);
      this.#channelBytes -= count;
      this.#pendingSends -= chunk.sends;
      if (this.#queuedBytes > 0) this.#flush();
      else if (this.#channelBytes === 0) this.#drained?.();
    });
  }
}
