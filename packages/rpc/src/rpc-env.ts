import type { Runtime } from "@aloha/runtime";
import { DIRECTORY_NAME, directoryEndpoint, directoryProtocol } from "./dispatch/directory.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { registeredEndpoint } from "./dispatch/registered-endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { BreachLog } from "./link/breach-log.ts";
import { Deadlines } from "./link/deadlines.ts";
import type { Link } from "./link/link.ts";
import { addressWithoutListener, Links } from "./link/links.ts";
import type { RefHost } from "./link/remote-ref.ts";
import { RemoteRef } from "./link/remote-ref.ts";
import type { Protocol, ProtocolShape } from "./protocol.ts";
import { endpointNameProblem, formatRpcAddress, parseRpcUrl } from "./rpc-address.ts";
import type { RpcAddress } from "./rpc-address.ts";
import { RpcError } from "./rpc-error.ts";
import { DEFAULT_RPC_LIMITS } from "./rpc-limits.ts";
import type { RpcLimits } from "./rpc-limits.ts";
import type { Priority, RpcRef } from "./rpc-ref.ts";
import type { RpcSecurity } from "./security/security.ts";
import type { Listener, Transport } from "./transport/transport.ts";
import { ChunkPool } from "./wire/chunk-pool.ts";
import { Codec } from "./wire/codec.ts";

export interface RpcEnvOptions {
  /** For logs, here and at the peers. */
  readonly name: string;
  readonly runtime: Runtime;
  readonly transport: Transport;
  /** Where to listen; port 0 takes a free one. Without it nobody can connect, but peers can call back over the connections made from here. */
  readonly listen?: RpcAddress;
  /** The host that others are told to connect to, if it differs from the one to listen on (0.0.0.0, say). */
  readonly advertisedHost?: string;
  readonly limits?: Partial<RpcLimits>;
  readonly security?: RpcSecurity;
  /** Told of every incident in which sent messages were lost, as the endpoints are. */
  readonly onNetworkError?: (error: RpcError, address: RpcAddress | undefined) => void;
}

export interface RegisterOptions {
  /** Overrides `inboxLengthMax` of the limits. */
  readonly inboxLengthMax?: number;
}

export interface RefOptions {
  /** What messages go by that do not say otherwise; "normal" if absent. */
  readonly priority?: Priority;
}

export interface LookupOptions extends RefOptions {
  /** `lookupTimeoutMs` of the limits if absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A snapshot, for metrics. */
export interface RpcStats {
  readonly connections: number;
  /** Messages sent from here that were lost, as far as known. */
  readonly sendsLost: number;
  /** Bytes that wait to be sent, over all connections. */
  readonly pendingBytes: number;
}

/** Endpoints of this process, and the way to those of others. */
export class RpcEnv implements AsyncDisposable {
  /** Where others reach this environment; `undefined` if it does not listen. */
  readonly address: RpcAddress | undefined;
  readonly #runtime: Runtime;
  readonly #limits: RpcLimits;
  readonly #dispatcher: Dispatcher;
  readonly #deadlines: Deadlines;
  readonly #links: Links;
  readonly #listener: Listener | undefined;
  /** The address in this environment's own references. */
  readonly #ownAddress: RpcAddress;
  readonly #onNetworkError:
    | ((error: RpcError, address: RpcAddress | undefined) => void)
    | undefined;
  readonly #refHost: RefHost;
  #sendsLost = 0;
  #stopped: Promise<void> | undefined;

  /** Listens, if asked to. Rejects with an `RpcError` "bad-address" if it cannot. */
  static async start(options: RpcEnvOptions): Promise<RpcEnv> {
    const accepting: { env: RpcEnv | undefined } = { env: undefined };
    const { transport, runtime, listen } = options;
    const listener =
      listen === undefined
        ? undefined
        : await transport.listen({
            address: listen,
            runtime,
            onChannel: (channel) => {
              if (accepting.env === undefined) channel.destroy();
              else accepting.env.#links.accept(channel);
            },
          });
    accepting.env = new RpcEnv(options, listener);
    return accepting.env;
  }

  private constructor(options: RpcEnvOptions, listener: Listener | undefined) {
    const { runtime, name, security } = options;
    const envId = runtime.random.hex(16);
    this.#runtime = runtime;
    this.#limits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
    this.#listener = listener;
    this.#onNetworkError = options.onNetworkError;
    if (listener !== undefined) {
      this.address = {
        host: options.advertisedHost ?? listener.address.host,
        port: listener.address.port,
      };
    }
    this.#ownAddress = this.address ?? addressWithoutListener(envId);
    const ownKey = formatRpcAddress(this.#ownAddress);
    this.#dispatcher = new Dispatcher(runtime, this.#limits);
    this.#deadlines = new Deadlines(runtime);
    this.#links = new Links(
      { transport: options.transport, isOwn: (address) => formatRpcAddress(address) === ownKey },
      {
        runtime,
        limits: this.#limits,
        pool: new ChunkPool(),
        codec: new Codec((url) => this.#revive(url)),
        dispatcher: this.#dispatcher,
        deadlines: this.#deadlines,
        breaches: new BreachLog(runtime.logger, runtime.clock),
        security,
        hello: () => ({
          envId,
          envName: name,
          address: this.address,
          security: security?.name ?? "",
        }),
        onLoss: (link, error) => this.#onSendLost(error, link.address, link),
      },
      (link, error) => this.#onLinkEnd(link, error),
    );
    this.#refHost = {
      runtime,
      limits: this.#limits,
      link: (address) => this.#links.to(address),
      onSendLost: (error, address, link) => this.#onSendLost(error, address, link),
    };
    if (
      this.address !== undefined &&
      (this.address.host === "0.0.0.0" || this.address.host === "::")
    ) {
      runtime.logger.warn(
        "this environment tells others to connect to an address that means every interface; set advertisedHost",
        {
          host: this.address.host,
        },
      );
    }
    this.#add(
      DIRECTORY_NAME,
      directoryProtocol,
      directoryEndpoint(this.#dispatcher),
      this.#limits.inboxLengthMax,
    );
  }

  /** Adds an endpoint under a name of its own and starts it. Throws an `RpcError` "bad-address" for a name that is taken or malformed. */
  register<P extends ProtocolShape>(
    name: string,
    protocol: Protocol<P>,
    endpoint: Endpoint<P>,
    options: RegisterOptions = {},
  ): RpcRef<P> {
    const problem = endpointNameProblem(name);
    if (problem !== undefined) throw new RpcError("bad-address", problem);
    return this.#add(
      name,
      protocol,
      endpoint,
      options.inboxLengthMax ?? this.#limits.inboxLengthMax,
    );
  }

  /** Stops one endpoint: what waits for it is rejected, its handler ends, its onStop runs. */
  unregister(name: string): Promise<void> {
    return this.#dispatcher.remove(name);
  }

  /**
   * A reference to an endpoint that exists. Rejects with an `RpcError`: "no-such-endpoint" names
   * those that exist, "wrong-protocol" says which it speaks, "refused" that nobody listens there.
   */
  async lookup<P extends ProtocolShape>(
    target: string | { readonly name: string; readonly address: RpcAddress },
    protocol: Protocol<P>,
    options: LookupOptions = {},
  ): Promise<RpcRef<P>> {
    const { name, address } = resolve(target);
    const directory = this.#refTo(DIRECTORY_NAME, address, directoryProtocol, "control");
    const { lookupTimeoutMs: timeoutMs } = this.#limits;
    const question = { kind: "lookup", name, protocol: protocol.name } as const;
    const answer = await directory.ask(question, { timeoutMs, retry: true, ...options });
    if (answer.kind !== "found")
      throw new RpcError(answer.kind, `${formatRpcAddress(address)}: ${answer.message}`);
    return this.#refTo(name, address, protocol, options.priority ?? "normal");
  }

  /** A reference to an endpoint that may exist. Throws an `RpcError` "bad-address" for a malformed URL. */
  ref<P extends ProtocolShape>(
    target: string | { readonly name: string; readonly address: RpcAddress },
    protocol: Protocol<P>,
    options: RefOptions = {},
  ): RpcRef<P> {
    const { name, address } = resolve(target);
    return this.#refTo(name, address, protocol, options.priority ?? "normal");
  }

  stats(): RpcStats {
    let pendingBytes = 0;
    for (const link of this.#links.all) pendingBytes += link.outbox.pendingBytes;
    return { connections: this.#links.all.size, sendsLost: this.#sendsLost, pendingBytes };
  }

  /**
   * Stops in order: no new connections and calls; asks under way fail with "stopped"; every endpoint
   * ends its handler and runs onStop; what waits to be sent leaves. Takes `stopTimeoutMs` twice at most.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await this.#listener?.close();
    this.#links.stopCalls();
    const error = new RpcError("stopped", "This environment is stopping.");
    for (const link of this.#links.all) link.calls.endAsks(error);
    await this.#dispatcher.stop();
    await this.#links.stop();
    this.#deadlines.clear();
  }

  #add<P extends ProtocolShape>(
    name: string,
    protocol: Protocol<P>,
    endpoint: Endpoint<P>,
    inboxLengthMax: number,
  ): RpcRef<P> {
    if (this.#stopped !== undefined) throw new RpcError("stopped", "This environment is stopping.");
    if (this.#dispatcher.find(name) !== undefined) {
      throw new RpcError(
        "bad-address",
        `An endpoint named "${name}" exists already; unregister it first.`,
      );
    }
    const ref = this.#refTo(name, this.#ownAddress, protocol, "normal");
    this.#dispatcher.add(
      name,
      registeredEndpoint(protocol, endpoint, ref, this.#runtime.logger),
      inboxLengthMax,
    );
    return ref;
  }

  #refTo<P extends ProtocolShape>(
    name: string,
    address: RpcAddress,
    protocol: Protocol<P>,
    priority: Priority,
  ): RpcRef<P> {
    return new RemoteRef(this.#refHost, name, address, protocol, priority);
  }

  /** A reference from a message. Its protocol's checks are with its endpoint; replies are taken as they come. */
  #revive(url: string): RpcRef<ProtocolShape> {
    return this.ref(url, { name: "" });
  }

  #onSendLost(error: RpcError, address: RpcAddress | undefined, link: Link | undefined): void {
    if (link === undefined || link.tellOnce(error.code)) this.#lost(error, address, 1);
    else this.#sendsLost++;
  }

  #onLinkEnd(link: Link, error: RpcError | undefined): void {
    if (error !== undefined && link.unsentAtEnd > 0)
      this.#lost(error, link.address, link.unsentAtEnd);
  }

  #lost(error: RpcError, address: RpcAddress | undefined, count: number): void {
    this.#sendsLost += count;
    this.#dispatcher.networkError(error, address);
    this.#onNetworkError?.(error, address);
  }
}

function resolve(target: string | { readonly name: string; readonly address: RpcAddress }): {
  readonly name: string;
  readonly address: RpcAddress;
} {
  if (typeof target !== "string") return target;
  const parsed = parseRpcUrl(target);
  if (!parsed.ok) throw new RpcError("bad-address", parsed.message);
  return parsed;
}
