import type { Timer } from "@aloha/runtime";
import { formatRpcAddress } from "../rpc-address.ts";
import type { RpcAddress } from "../rpc-address.ts";
import { RpcError, toError } from "../rpc-error.ts";
import type { Hello } from "../wire/hello.ts";
import type { Channel, Transport } from "../transport/transport.ts";
import { channelPair, NO_FAULTS } from "../transport/memory/channel-pair.ts";
import { Link } from "./link.ts";
import type { LinkHost } from "./link.ts";

/** Failed attempts remembered for the pause before the next. */
const FAILURES_MAX = 1_000;

/** Either end of an environment's link to itself. */
const LOCAL_END = { name: "local", faults: NO_FAULTS } as const;

export interface LinksOptions {
  readonly transport: Transport;
  /** The environment's own address, for messages to itself. */
  readonly isOwn: (address: RpcAddress) => boolean;
}

/** All connections of one environment: one outbound to each address, and whatever comes in. */
export class Links {
  readonly #options: LinksOptions;
  readonly #host: LinkHost;
  readonly #all = new Set<Link>();
  readonly #outbound = new Map<string, Link>();
  /** Inbound links of peers that do not listen, by the address they gave themselves. */
  readonly #reverse = new Map<string, Link>();
  readonly #failures = new Map<string, number>();
  readonly #abort = new AbortController();
  readonly #keepAlive: Timer;
  #nextId = 1;
  #stopped = false;

  constructor(
    options: LinksOptions,
    host: Omit<LinkHost, "onOpen" | "onEnd">,
    onEnd: LinkHost["onEnd"],
  ) {
    this.#options = options;
    this.#host = {
      ...host,
      onOpen: (link, peer) => this.#onOpen(link, peer),
      onEnd: (link, error) => {
        this.#forget(link, error);
        onEnd(link, error);
      },
    };
    this.#keepAlive = host.runtime.timers.every(
      host.limits.keepAliveIntervalMs,
      () => this.#checkSilence(),
      {
        keepAlive: false,
      },
    );
  }

  get all(): ReadonlySet<Link> {
    return this.#all;
  }

  /** The link over which messages for `address` go; made if there is none. */
  to(address: RpcAddress): Link | RpcError {
    const key = formatRpcAddress(address);
    const known = this.#outbound.get(key) ?? this.#reverse.get(key);
    if (known !== undefined) return known;
    if (this.#stopped) return new RpcError("stopped", "This environment is stopping.");
    if (address.port === 0 && !this.#options.isOwn(address)) {
      return new RpcError("unreachable", `${key} does not listen, and its connection is gone.`);
    }
    if (this.#all.size >= this.#host.limits.connectionsMax) {
      return new RpcError(
        "outbox-full",
        `No connection with ${key}: this environment has ${this.#all.size}, its limit.`,
      );
    }
    return this.#dial(address, key);
  }

  /** Takes a connection that came in. */
  accept(channel: Channel): void {
    if (this.#stopped || this.#all.size >= this.#host.limits.connectionsMax) {
      this.#host.runtime.logger.warn("a connection was refused: too many, or stopping", {
        peer: channel.remote,
      });
      return channel.destroy();
    }
    this.#add("inbound", undefined, false).attach(channel);
  }

  /** Everything under way fails with "stopped", and nothing new begins; what waits is still sent. */
  stopCalls(): void {
    this.#stopped = true;
    this.#abort.abort();
  }

  /** Ends all links once what waits has left, or the time for that is over. */
  async stop(): Promise<void> {
    this.#keepAlive.clear();
    const timer = this.#host.runtime.timers.after(this.#host.limits.stopTimeoutMs, () => {
      for (const link of [...this.#all])
        link.end("stopped", "what waited could not be sent before the stop");
    });
    await Promise.all([...this.#all].map((link) => link.finish()));
    timer.clear();
  }

  #dial(address: RpcAddress, key: string): Link {
    const isLocal = this.#options.isOwn(address);
    const link = this.#add("outbound", address, isLocal);
    this.#outbound.set(key, link);
    if (isLocal) {
      const [near, far] = channelPair(this.#host.runtime.timers, LOCAL_END, LOCAL_END);
      this.#add("inbound", undefined, true).attach(far);
      link.attach(near);
      return link;
    }
    const delayMs = this.#reconnectDelayMs(key);
    if (delayMs === 0) void this.#connect(link, address);
    else this.#host.runtime.timers.after(delayMs, () => void this.#connect(link, address));
    return link;
  }

  async #connect(link: Link, address: RpcAddress): Promise<void> {
    const { runtime, limits } = this.#host;
    try {
      const timeoutMs = limits.connectTimeoutMs;
      link.attach(
        await this.#options.transport.dial({
          address,
          runtime,
          timeoutMs,
          signal: this.#abort.signal,
        }),
      );
    } catch (thrown) {
      const cause = toError(thrown);
      link.fail(
        cause instanceof RpcError ? cause : new RpcError("unreachable", cause.message, { cause }),
      );
    }
  }

  #add(direction: "inbound" | "outbound", address: RpcAddress | undefined, isLocal: boolean): Link {
    const link = new Link({
      id: `c${this.#nextId++}`,
      host: this.#host,
      direction,
      address,
      isLocal,
    });
    this.#all.add(link);
    return link;
  }

  #onOpen(link: Link, peer: Hello): void {
    if (link.address !== undefined) this.#failures.delete(formatRpcAddress(link.address));
    if (link.direction === "inbound" && peer.address === undefined && !link.isLocal) {
      this.#rememberReverse(formatRpcAddress(addressWithoutListener(peer.envId)), link);
    }
    if (!link.isLocal && link.connection !== undefined)
      this.#host.dispatcher.connected(link.connection);
  }

  /** A peer that reconnects replaces its old link; somebody else who claims its id does not. */
  #rememberReverse(key: string, link: Link): void {
    const known = this.#reverse.get(key);
    if (known !== undefined && known.connection?.identity !== link.connection?.identity) return;
    this.#reverse.set(key, link);
  }

  #forget(link: Link, error: RpcError | undefined): void {
    this.#all.delete(link);
    for (const [key, value] of this.#reverse) if (value === link) this.#reverse.delete(key);
    if (link.address !== undefined) {
      const key = formatRpcAddress(link.address);
      if (this.#outbound.get(key) === link) this.#outbound.delete(key);
      if (link.connection === undefined && error !== undefined && !this.#stopped)
        this.#rememberFailure(key);
    }
    if (!link.isLocal && link.connection !== undefined)
      this.#host.dispatcher.disconnected(link.connection, error);
  }

  #rememberFailure(key: string): void {
    if (this.#failures.size >= FAILURES_MAX) this.#failures.clear();
    this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1);
  }

  /** Doubles with each failure in a row; jittered, so that many peers do not come back at the same moment. */
  #reconnectDelayMs(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    if (failures === 0) return 0;
    const { reconnectDelayMinMs, reconnectDelayMaxMs } = this.#host.limits;
    const delayMs = Math.min(
      reconnectDelayMaxMs,
      reconnectDelayMinMs * 2 ** Math.min(failures - 1, 30),
    );
    return delayMs * (0.5 + this.#host.runtime.random.fraction() / 2);
  }

  #checkSilence(): void {
    for (const link of [...this.#all]) link.checkSilence();
  }
}

/** The address that stands for an environment that does not listen: messages for it use the connection it made. */
export function addressWithoutListener(envId: string): RpcAddress {
  return { host: `${envId}.client`, port: 0 };
}
