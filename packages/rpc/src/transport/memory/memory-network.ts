import { formatRpcAddress } from "../../rpc-address.ts";
import type { RpcAddress } from "../../rpc-address.ts";
import { RpcError } from "../../rpc-error.ts";
import type { Channel, DialOptions, Listener, ListenOptions, Transport } from "../transport.ts";
import type { MemoryChannel } from "./channel-pair.ts";
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
    const { address, runtime, signal, timeoutMs } = options;
    const key = formatRpcAddress(address);
    return new Promise((resolve, reject) => {
      if (this.silent) {
        const giveUp = (): void =>
          reject(new RpcError("unreachable", `${key} did not answer within ${timeoutMs} ms.`));
        const timer = runtime.timers.after(timeoutMs, giveUp);
        signal.addEventListener("abort", () => {
          timer.clear();
          giveUp();
        });
        return;
      }
      runtime.timers.soon(() => {
        const accept = this.#listeners.get(key);
        if (accept === undefined)
          return reject(new RpcError("refused", `Nobody listens on ${key}.`));
        const [near, far] = channelPair(runtime.timers, host, key, {
          isSilent: () => this.silent,
          isHeld: () => this.held,
          delayMs: () => this.delayMs,
        });
        this.#channels.add(near).add(far);
        accept(far);
        resolve(near);
      });
    });
  }

  breakAll(): void {
    const channels = [...this.#channels];
    this.#channels.clear();
    for (const channel of channels)
      channel.close(new RpcError("disconnected", "The memory network broke the channel."));
  }
}
