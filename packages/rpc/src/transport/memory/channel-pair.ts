import type { Timers } from "@aloha/runtime";
import type { RpcError } from "../../rpc-error.ts";
import type { Channel, ChannelSink } from "../transport.ts";

/** What may happen to bytes on their way from one end to the other. */
export interface ChannelFaults {
  /** Bytes vanish while this is true: neither side learns of it. */
  readonly isSilent: () => boolean;
  /** Bytes stay with their sender while this is true, as with a peer that does not read. */
  readonly isHeld: () => boolean;
  readonly delayMs: () => number;
}

export const NO_FAULTS: ChannelFaults = {
  isSilent: () => false,
  isHeld: () => false,
  delayMs: () => 0,
};

/** How long held bytes wait before they are tried again. */
const HELD_RETRY_MS = 1;

/** The two ends of a channel within this process. Bytes arrive in a later turn of the loop, copied, in order. */
export function channelPair(
  timers: Timers,
  nearEnd: ChannelEnd,
  farEnd: ChannelEnd,
): readonly [MemoryChannel, MemoryChannel] {
  const near = new MemoryChannel(timers, farEnd.name, nearEnd.faults);
  const far = new MemoryChannel(timers, nearEnd.name, farEnd.faults);
  near.join(far);
  far.join(near);
  return [near, far];
}

/** One end, and what happens to the bytes it sends. */
export interface ChannelEnd {
  readonly name: string;
  readonly faults: ChannelFaults;
}

interface Parcel {
  readonly bytes: Uint8Array;
  readonly sent: () => void;
}

export class MemoryChannel implements Channel {
  readonly remote: string;
  readonly identity: string | undefined = undefined;
  readonly #timers: Timers;
  readonly #faults: ChannelFaults;
  readonly #underWay: Parcel[] = [];
  #peer: MemoryChannel | undefined;
  #sink: ChannelSink | undefined;
  /** `end` was called: what was written still arrives. */
  #ending = false;
  #ended = false;

  constructor(timers: Timers, remote: string, faults: ChannelFaults) {
    this.#timers = timers;
    this.remote = remote;
    this.#faults = faults;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  join(peer: MemoryChannel): void {
    this.#peer = peer;
  }

  attach(sink: ChannelSink): void {
    this.#sink = sink;
  }

  write(bytes: Uint8Array, sent: () => void): void {
    if (this.#ended || this.#ending) return;
    this.#underWay.push({ bytes, sent });
    if (this.#underWay.length === 1) this.#deliverLater();
  }

  end(): void {
    if (this.#ended || this.#ending) return;
    this.#ending = true;
    if (this.#underWay.length === 0) this.#finish();
  }

  destroy(): void {
    if (this.#ended || this.#ending) return;
    this.#underWay.length = 0;
    this.#finish();
  }

  /** The other end, or the network, ended the channel. */
  close(error: RpcError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink?.onEnd(error);
  }

  take(bytes: Uint8Array): void {
    if (!this.#ended && !this.#ending) this.#sink?.onBytes(bytes);
  }

  #finish(): void {
    this.#ended = true;
    const peer = this.#peer;
    if (!this.#faults.isSilent()) this.#timers.soon(() => peer?.close(undefined));
  }

  #deliverLater(): void {
    const delayMs = this.#faults.isHeld() ? HELD_RETRY_MS : this.#faults.delayMs();
    if (delayMs === 0) this.#timers.soon(() => this.#deliver());
    else this.#timers.after(delayMs, () => this.#deliver());
  }

  #deliver(): void {
    if (this.#faults.isHeld()) return this.#deliverLater();
    const parcel = this.#underWay.shift();
    if (parcel === undefined) return;
    if (!this.#faults.isSilent()) this.#peer?.take(Buffer.from(parcel.bytes));
    if (!this.#ended) parcel.sent();
    if (this.#underWay.length > 0) this.#deliverLater();
    else if (this.#ending && !this.#ended) this.#finish();
  }
}
