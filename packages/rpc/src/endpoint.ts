import type { MessageOf, ProtocolShape } from "./protocol.ts";
import type { RpcAddress } from "./rpc-address.ts";
import type { RpcError } from "./rpc-error.ts";
import type { RpcRef } from "./rpc-ref.ts";

/** A connection to another environment, as endpoints see it. */
export interface Connection {
  /** Unique within this environment. */
  readonly id: string;
  /** Who opened it. */
  readonly direction: "inbound" | "outbound";
  /** The address the peer says it listens on; `undefined` if it does not listen. Not proven by itself. */
  readonly peer: RpcAddress | undefined;
  /** The name of the peer's environment, for logs. Not proven by itself. */
  readonly peerName: string;
  /** Who the peer proved to be: its certificate's common name, or what `security` found. */
  readonly identity: string | undefined;
  /** `ip:port` of the other end, for logs. */
  readonly remote: string;
}

/** What a handler knows about a message, and its way to answer it. */
export interface ReceiveContext {
  readonly connection: Connection;
  /** Whether the sender waits for a reply. */
  readonly isAsk: boolean;
  /** Answers an ask, once; may be called after `receive` has returned. Later calls, and calls for a sent message, do nothing. */
  reply(value: unknown): void;
  /** Lets the ask fail: the asker gets "handler-failed" with `remoteCode` and the message. */
  fail(error: { readonly code: string; readonly message: string }): void;
  /** Fires when the asker gave up or its connection ended. */
  readonly signal: AbortSignal;
}

/**
 * Something that receives messages under a name. Its life is `onStart receive* onStop`; no two of
 * its methods run at the same time, and a method that returns a promise is awaited.
 */
export interface Endpoint<P extends ProtocolShape> {
  /** Runs first. If it fails, `onError` is told and the endpoint is removed. */
  onStart?(ref: RpcRef<P>): void | Promise<void>;
  /** Takes one message. If it fails, an ask that is not answered yet fails too, and `onError` is told. */
  receive(message: MessageOf<P>, context: ReceiveContext): void | Promise<void>;
  /** Runs last. Messages that still waited have been rejected with "stopped". */
  onStop?(): void | Promise<void>;
  onError?(error: Error): void;
  /** A connection was made after this endpoint had started; runs before any message from it. */
  onConnected?(connection: Connection): void;
  /** A connection is gone; runs after the messages from it. `reason` is absent if it was closed in order. */
  onDisconnected?(connection: Connection, reason?: RpcError): void;
  /**
   * Sent messages were lost: the peer cannot be reached, its connection broke, or a queue was full.
   * Told once per incident, not once per message.
   */
  onNetworkError?(error: RpcError, address: RpcAddress | undefined): void;
}
