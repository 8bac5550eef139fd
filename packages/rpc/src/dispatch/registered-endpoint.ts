import type { Logger } from "@aloha/runtime";
import type { Connection, Endpoint, ReceiveContext } from "../endpoint.ts";
import type { MessageOf, Protocol, ProtocolShape } from "../protocol.ts";
import type { RpcAddress } from "../rpc-address.ts";
import type { RpcError } from "../rpc-error.ts";
import type { RpcRef } from "../rpc-ref.ts";
import type { MailboxTarget } from "./mailbox.ts";

/** An endpoint without its protocol's types: what arrives has passed the protocol's check. */
export interface RegisteredEndpoint extends MailboxTarget {
  readonly protocolName: string;
  readonly check: ((message: unknown) => string | undefined) | undefined;
  onStart(): void | Promise<void>;
  receive(message: unknown, context: ReceiveContext): void | Promise<void>;
  onConnected(connection: Connection): void;
  onDisconnected(connection: Connection, reason: RpcError | undefined): void;
  onNetworkError(error: RpcError, address: RpcAddress | undefined): void;
}

/** Takes the types off an endpoint; this is the one place where they are asserted. */
export function registeredEndpoint<P extends ProtocolShape>(
  protocol: Protocol<P>,
  endpoint: Endpoint<P>,
  ref: RpcRef<P>,
  logger: Logger,
): RegisteredEndpoint {
  return {
    protocolName: protocol.name,
    check: protocol.check,
    onStart: () => endpoint.onStart?.(ref),
    receive: (message, context) => endpoint.receive(message as MessageOf<P>, context),
    onStop: () => endpoint.onStop?.(),
    onError(error) {
      if (endpoint.onError === undefined)
        logger.error("an endpoint's handler failed", { endpoint: ref.name, error });
      else endpoint.onError(error);
    },
    onConnected: (connection) => endpoint.onConnected?.(connection),
    onDisconnected: (connection, reason) => endpoint.onDisconnected?.(connection, reason),
    onNetworkError: (error, address) => endpoint.onNetworkError?.(error, address),
  };
}
