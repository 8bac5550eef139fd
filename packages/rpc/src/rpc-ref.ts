import type { AskMessageOf, ProtocolShape, ReplyTo, SendMessageOf } from "./protocol.ts";
import type { RpcAddress } from "./rpc-address.ts";

/** "control" overtakes "normal" at the sender and at the receiver: for heartbeats and the like. */
export type Priority = "normal" | "control";

export interface SendOptions {
  /** Overrides the reference's priority. */
  readonly priority?: Priority;
}

export interface AskOptions extends SendOptions {
  /** Time until the ask fails with "timeout"; `askTimeoutMs` of the limits if absent. */
  readonly timeoutMs?: number;
  /**
   * The message may be handled more than once: it is sent again, up to `triesMax` times and within `timeoutMs` as
   * a whole, if the connection fails before the reply is here.
   */
  readonly retry?: boolean;
  /** Ends the wait; the receiver's `context.signal` fires too. */
  readonly signal?: AbortSignal;
}

/**
 * Someone else's endpoint. A reference is a value: it can be put into a message, and the receiver
 * finds a working reference there. Messages of one priority from one environment to one endpoint
 * arrive in the order they were sent; none arrives twice.
 */
export interface RpcRef<P extends ProtocolShape> {
  /** `aloha://name@host:port` */
  readonly url: string;
  readonly name: string;
  readonly address: RpcAddress;
  /** Sends without waiting. Never throws: losses are told to `onNetworkError` and counted. */
  send<M extends SendMessageOf<P>>(message: M, options?: SendOptions): void;
  /** Sends and waits for the reply. Rejects with an `RpcError`. */
  ask<M extends AskMessageOf<P>>(message: M, options?: AskOptions): Promise<ReplyTo<P, M>>;
}
