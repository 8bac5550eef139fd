import { formatRpcAddress } from "../../rpc-address.ts";
import type { RpcAddress } from "../../rpc-address.ts";
import { RpcError } from "../../rpc-error.ts";
import type { Channel, DialOptions, Listener, ListenOptions, Transport } from "../transport.ts";
import type { ChannelFaults, MemoryChannel } from "./channel-pair.ts";
import { channelPair } from "./channel-pair.ts";

/** The first port given to those who ask for port 0. */
const FIRST_FREE_PORT = 40_000;

/** A network within this process. Everything above the bytes is the same as over TCP. */
export interface MemoryNetwork {
  /** A host of this network; `host` is what its channels show as `remote`. */
  transport(host?: string): Transport;
  /** While silent, bytes in both directions vanish, ends of channels too, and dialling gets no answer. */
  setSilent(silent: boolean): void;
  /** While held, bytes stay with their sender: nobody reads. */
  setHeld(held: boolean): void;
  /**
   * While blocked, bytes from host `from` to host `to` vanish; the other way is open unless blocked
   * too. Hosts are the names given to `transport` and the hosts listened on: let them be the same.
   */
  setBlocked(from: string, to: string, blocked: boolean): void;
  /** How long bytes travel. */
  setDelayMs(delayMs: number): void;
  /** Breaks every channel. */
  breakAll(): void;
}

export function memoryNetwork(): MemoryNetwork {
  const network = new Network();
  return {
    transport: (host = "memory") => ({
      name: "memory",
      listen: (options) => network.listen(options),
      dial: (options) => network.dial(options, host),
    }),
    setSilent(silent) {
      network.silent = silent;
    },
    setBlocked(from, to, blocked) {
      if (blocked) network.blocked.add(routeKey(from, to));
      else network.blocked.delete(routeKey(from, to));
    },
    setHeld(held) {
      network.held = held;
    },
    setDelayMs(delayMs) {
      network.delayMs = delayMs;
    },
    breakAll: () => network.breakAll(),
  };
}

class Network {
  silent = false;
  held = false;
  delayMs = 0;
  readonly blocked = new Set<string>();
  readonly #listeners = new Map<string, (channel: Channel) => void>();
  readonly #channels = new Set<MemoryChannel>();
  #nextPort = FIRST_FREE_PORT;

  listen(options: ListenOptions): Promise<Listener> {
    const { host } = options.address;
    const address: RpcAddress = {
      host,
      port: options.address.port === 0 ? this.#nextPort++ : options.address.port,
    };
    const key = formatRpcAddress(address);
    if (this.#listeners.has(key)) {
      return Promise.reject(new RpcError("bad-address", `Someone listens on ${key} already.`));
    }
    this.#listeners.set(key, options.onChannel);
    const close = (): Promise<void> => {
      this.#listeners.delete(key);
      return Promise.resolve();
    };
    return Promise.resolve({ address, close });
  }

  dial(options: DialOptions, host: string): Promise<Channel> {
    const { address, runtime } = options;
    if (this.#isSilent(host, address.host) || this.#isSilent(address.host, host)) {
      return this.#unanswered(options);
    }
    return new Promise((resolve, reject) => {
      runtime.timers.soon(() => {
        const key = formatRpcAddress(address);
        const accept = this.#listeners.get(key);
        if (accept === undefined) {
          return reject(new RpcError("refused", `Nobody listens on ${key}.`));
        }
        const [near, far] = channelPair(
          runtime.timers,
          { name: host, faults: this.#faults(host, address.host) },
          { name: key, faults: this.#faults(address.host, host) },
        );
        this.#forgetEnded();
        this.#channels.add(near).add(far);
        accept(far);
        resolve(near);
      });
    });
  }

  #unanswered({ address, runtime, signal, timeoutMs }: DialOptions): Promise<Channel> {
    const text = `${formatRpcAddress(address)} did not answer within ${timeoutMs} ms.`;
    return new Promise((_resolve, reject) => {
      const giveUp = (): void => {
        timer.clear();
        signal.removeEventListener("abort", giveUp);
        reject(new RpcError("unreachable", text));
      };
      const timer = runtime.timers.after(timeoutMs, giveUp);
      signal.addEventListener("abort", giveUp);
    });
  }

  #isSilent(from: string, to: string): boolean {
    return this.silent || this.blocked.has(routeKey(from, to));
  }

  #faults(from: string, to: string): ChannelFaults {
    return {
      isSilent: () => this.#isSilent(from, to),
      isHeld: () => this.held,
      delayMs: () => this.delayMs,
    };
  }

  #forgetEnded(): void {
    for (const channel of this.#channels) if (channel.isEnded) this.#channels.delete(channel);
  }

  breakAll(): void {
    const channels = [...this.#channels];
    this.#channels.clear();
    for (const channel of channels)
      channel.close(new RpcError("disconnected", "The memory network broke the channel."));
  }
}

function routeKey(from: string, to: string): string {
  return `${from} -> ${to}`;
}
