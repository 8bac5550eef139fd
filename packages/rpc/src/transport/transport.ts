import type { Runtime } from "@aloha/runtime";
import type { RpcAddress } from "../rpc-address.ts";
import type { RpcError } from "../rpc-error.ts";

/** A stream of bytes in both directions. */
export interface Channel {
  /** `ip:port` of the other end, for logs. */
  readonly remote: string;
  /** Who the transport proved the peer to be, if it can. */
  readonly identity: string | undefined;
  /** Called once, before the loop's next turn: what arrives, and the one end of the channel. */
  attach(sink: ChannelSink): void;
  /** Sends `bytes`, which must not be changed before `sent` is called. After the end it does nothing. */
  write(bytes: Uint8Array, sent: () => void): void;
  /** Ends the channel after what was written has left. */
  end(): void;
  /** Ends the channel now. */
  destroy(): void;
}

export interface ChannelSink {
  /** `bytes` are the sink's only until it returns. */
  onBytes(bytes: Uint8Array): void;
  /** The last call. `error` is absent if the peer closed in order. */
  onEnd(error: RpcError | undefined): void;
}

export interface Listener {
  /** With the real port if port 0 was asked for. */
  readonly address: RpcAddress;
  /** Accepts no more. Accepted channels stay. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly address: RpcAddress;
  readonly runtime: Runtime;
  readonly onChannel: (channel: Channel) => void;
}

export interface DialOptions {
  readonly address: RpcAddress;
  readonly runtime: Runtime;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A way to carry bytes. */
export interface Transport {
  readonly name: string;
  /** Rejects with an `RpcError` "bad-address". */
  listen(options: ListenOptions): Promise<Listener>;
  /** Rejects with an `RpcError`: "refused" if the host says that nobody listens, else "unreachable" or "unauthenticated". */
  dial(options: DialOptions): Promise<Channel>;
}
