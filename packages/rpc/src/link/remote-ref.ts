import type { AskMessageOf, Protocol, ProtocolShape, ReplyTo, SendMessageOf } from "../protocol.ts";
import { formatRpcUrl } from "../rpc-address.ts";
import type { RpcAddress } from "../rpc-address.ts";
import { RpcError } from "../rpc-error.ts";
import type { AskOptions, Priority, RpcRef, SendOptions } from "../rpc-ref.ts";
import { REFERENCE_KEY } from "../wire/plain-scan.ts";
import type { Link } from "./link.ts";

/** What a reference needs from its environment. */
export interface RefHost {
  link(address: RpcAddress): Link | RpcError;
  onSendLost(error: RpcError, address: RpcAddress, link: Link | undefined): void;
}

const NO_OPTIONS: AskOptions = {};

/** A reference bound to an environment; it remembers the connection it last used. */
export class RemoteRef<P extends ProtocolShape> implements RpcRef<P> {
  readonly url: string;
  readonly name: string;
  readonly address: RpcAddress;
  readonly #host: RefHost;
  readonly #protocol: Protocol<P>;
  readonly #priority: Priority;
  #link: Link | undefined;

  constructor(
    host: RefHost,
    name: string,
    address: RpcAddress,
    protocol: Protocol<P>,
    priority: Priority,
  ) {
    this.url = formatRpcUrl(name, address);
    this.name = name;
    this.address = address;
    this.#host = host;
    this.#protocol = protocol;
    this.#priority = priority;
  }

  send<M extends SendMessageOf<P>>(message: M, options?: SendOptions): void {
    const link = this.#usableLink();
    const error =
      link instanceof RpcError
        ? link
        : link.calls.send(this.name, message, options?.priority ?? this.#priority);
    if (error !== undefined)
      this.#host.onSendLost(error, this.address, link instanceof RpcError ? undefined : link);
  }

  ask<M extends AskMessageOf<P>>(
    message: M,
    options: AskOptions = NO_OPTIONS,
  ): Promise<ReplyTo<P, M>> {
    const link = this.#usableLink();
    if (link instanceof RpcError) return Promise.reject(link);
    const reply = link.calls.ask({
      name: this.name,
      message,
      options,
      priority: options.priority ?? this.#priority,
      checkReply: this.#protocol.checkReply,
    });
    return reply as Promise<ReplyTo<P, M>>;
  }

  /** How a reference travels inside a message; the codec of the receiver makes a reference of it again. */
  toJSON(): { readonly [REFERENCE_KEY]: string } {
    return { [REFERENCE_KEY]: this.url };
  }

  #usableLink(): Link | RpcError {
    if (this.#link !== undefined && this.#link.state !== "ended") return this.#link;
    const link = this.#host.link(this.address);
    this.#link = link instanceof RpcError ? undefined : link;
    return link;
  }
}
