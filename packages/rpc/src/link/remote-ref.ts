import type { Runtime } from "@aloha/runtime";
import type { AskMessageOf, Protocol, ProtocolShape, ReplyTo, SendMessageOf } from "../protocol.ts";
import { formatRpcUrl } from "../rpc-address.ts";
import type { RpcAddress } from "../rpc-address.ts";
import { RpcError } from "../rpc-error.ts";
import type { AskOptions, Priority, RpcRef, SendOptions } from "../rpc-ref.ts";
import { REFERENCE_KEY } from "../wire/plain-scan.ts";
import type { RpcLimits } from "../rpc-limits.ts";
import type { Link } from "./link.ts";
import { retryLost } from "./retry-lost.ts";

/** What a reference needs from its environment. */
export interface RefHost {
  readonly runtime: Runtime;
  readonly limits: RpcLimits;
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
    const { runtime, limits } = this.#host;
    const reply =
      options.retry === true && limits.triesMax > 1
        ? retryLost(
            {
              runtime,
              timeoutMs: options.timeoutMs ?? limits.askTimeoutMs,
              triesMax: limits.triesMax,
              retryDelayMs: limits.retryDelayMs,
              signal: options.signal,
            },
            (timeoutMs) => this.#askOnce(message, { ...options, timeoutMs }),
          )
        : this.#askOnce(message, options);
    // Sound because the reply passed the check of the message's kind.
    return reply as Promise<ReplyTo<P, M>>;
  }

  #askOnce(message: AskMessageOf<P>, options: AskOptions): Promise<unknown> {
    const link = this.#usableLink();
    if (link instanceof RpcError) return Promise.reject(link);
    return link.calls.ask({
      name: this.name,
      message,
      options,
      priority: options.priority ?? this.#priority,
      checkReply: this.#protocol.checkReply,
    });
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
