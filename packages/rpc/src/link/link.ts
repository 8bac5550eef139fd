import type { Runtime, Timer } from "@aloha/runtime";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Connection } from "../endpoint.ts";
import { formatRpcAddress } from "../rpc-address.ts";
import type { RpcAddress } from "../rpc-address.ts";
import { RpcError } from "../rpc-error.ts";
import type { RpcErrorCode } from "../rpc-error.ts";
import type { RpcLimits } from "../rpc-limits.ts";
import type { FrameProtection, RpcSecurity } from "../security/security.ts";
import type { Channel } from "../transport/transport.ts";
import type { ChunkPool } from "../wire/chunk-pool.ts";
import type { Codec } from "../wire/codec.ts";
import { FRAME, HEADER_BYTES } from "../wire/frame.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import type { Hello } from "../wire/hello.ts";
import { Outbox } from "../wire/outbox.ts";
import type { BreachLog } from "./breach-log.ts";
import type { Deadlines } from "./deadlines.ts";
import { Handshake } from "./handshake.ts";
import { IncomingCalls } from "./incoming-calls.ts";
import { OutgoingCalls } from "./outgoing-calls.ts";
import { Session } from "./session.ts";
import { sealFrames, writeFrame } from "./sealed-frames.ts";

/** What all links of an environment share. */
export interface LinkHost {
  readonly runtime: Runtime;
  readonly limits: RpcLimits;
  readonly pool: ChunkPool;
  readonly codec: Codec;
  readonly dispatcher: Dispatcher;
  readonly deadlines: Deadlines;
  readonly breaches: BreachLog;
  readonly security: RpcSecurity | undefined;
  hello(): Hello;
  onOpen(link: Link, peer: Hello): void;
  /** Called once. `error` is absent if the link was closed in order. */
  onEnd(link: Link, error: RpcError | undefined): void;
  /** The peer lost sent messages of this side. */
  onLoss(link: Link, error: RpcError): void;
}

export interface LinkOptions {
  readonly id: string;
  readonly host: LinkHost;
  readonly direction: "inbound" | "outbound";
  /** Where an outbound link leads. */
  readonly address: RpcAddress | undefined;
  /** A link of the environment to itself: needs no announcement and no keep-alive. */
  readonly isLocal: boolean;
}

/**
 * One connection, from before it is made to its end.
 *
 * waiting    messages gather in the outbox; there is no channel yet
 * greeting   hellos and proofs are exchanged, within helloTimeoutMs
 * open       frames flow
 * ended      everything under way has failed; nothing happens any more
 */
export class Link {
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly address: RpcAddress | undefined;
  readonly isLocal: boolean;
  readonly outbox: Outbox;
  readonly calls: OutgoingCalls;
  readonly #host: LinkHost;
  #state: "waiting" | "greeting" | "open" | "ended" = "waiting";
  #channel: Channel | undefined;
  #reader: FrameReader;
  #handshake: Handshake | undefined;
  #helloTimer: Timer | undefined;
  #protection: FrameProtection | undefined;
  #session: Session | undefined;
  /** Whether bytes arrived since the last check, and how many checks in a row found none. */
  #heard = true;
  #misses = 0;
  readonly #told = new Set<RpcErrorCode>();
  /** When the link has ended with an error: how many sent messages are known not to have left. */
  unsentAtEnd = 0;

  constructor(options: LinkOptions) {
    const { host } = options;
    this.id = options.id;
    this.direction = options.direction;
    this.address = options.address;
    this.isLocal = options.isLocal;
    this.#host = host;
    this.outbox = new Outbox({
      bytesMax: host.limits.outboxBytesMax,
      pool: host.pool,
      timers: host.runtime.timers,
    });
    this.calls = new OutgoingCalls({
      outbox: this.outbox,
      codec: host.codec,
      limits: host.limits,
      runtime: host.runtime,
      deadlines: host.deadlines,
      peerText: options.address === undefined ? "the peer" : formatRpcAddress(options.address),
    });
    this.#reader = new FrameReader(host.limits.helloFrameBytesMax, (bytes, start, end) =>
      this.#onFrame(bytes, start, end),
    );
  }

  get state(): "waiting" | "greeting" | "open" | "ended" {
    return this.#state;
  }

  get connection(): Connection | undefined {
    return this.#session?.incoming.connection;
  }

  /** Sent messages of the peer that reached no endpoint here. */
  get lostIncoming(): number {
    return this.#session?.incoming.lost ?? 0;
  }

  /** Whether word of `code` is due: once between two checks of silence. */
  tellOnce(code: RpcErrorCode): boolean {
    if (this.#told.has(code)) return false;
    this.#told.add(code);
    return true;
  }

  /** Goes on over `channel`: waiting -> greeting. */
  attach(channel: Channel): void {
    if (this.#state !== "waiting") return channel.destroy();
    this.#state = "greeting";
    this.#channel = channel;
    const { runtime, limits, security } = this.#host;
    this.#helloTimer = runtime.timers.after(
      limits.helloTimeoutMs,
      () =>
        this.end("unreachable", `it did not finish its hello within ${limits.helloTimeoutMs} ms`),
      { keepAlive: false },
    );
    channel.attach({
      onBytes: (bytes) => this.#onBytes(bytes),
      onEnd: (error) => this.#onChannelEnd(error),
    });
    this.#handshake = new Handshake({
      role: this.direction === "outbound" ? "dialer" : "acceptor",
      hello: this.#host.hello(),
      security,
      send: (type, body) => channel.write(writeFrame(type, body), () => undefined),
    });
  }

  /** Ends the link, with everything under way. */
  end(code: RpcErrorCode, reason: string): void {
    this.fail(new RpcError(code, `The connection with ${this.#peerText()} ended: ${reason}.`));
  }

  /** Ends the link; without an error if that was meant. */
  fail(error: RpcError | undefined): void {
    if (this.#state === "ended") return;
    this.unsentAtEnd = this.outbox.pendingSends;
    this.#state = "ended";
    this.#helloTimer?.clear();
    this.#reader.stop();
    this.outbox.close();
    this.calls.end(
      error ?? new RpcError("disconnected", `The connection with ${this.#peerText()} was closed.`),
    );
    this.#session?.incoming.end();
    this.#channel?.destroy();
    this.#host.onEnd(this, error);
  }

  /** Lets what waits leave, then ends the link in order. */
  async finish(): Promise<void> {
    if (this.#state === "open") {
      await this.outbox.drained();
      this.#channel?.end();
    }
    this.fail(undefined);
  }

  /** One check of the peer's silence: pings at the first, gives up after `keepAliveMissesMax`. */
  checkSilence(): void {
    this.#told.clear();
    if (this.#state !== "open" || this.isLocal) return;
    this.#session?.incoming.forgetToldLosses();
    if (this.#heard) {
      this.#heard = false;
      this.#misses = 0;
    } else if (++this.#misses >= this.#host.limits.keepAliveMissesMax) {
      const silentMs = this.#misses * this.#host.limits.keepAliveIntervalMs;
      return this.end("disconnected", `it was silent for ${silentMs} ms`);
    }
    this.outbox.add("control", FRAME.ping, 0, 0, undefined);
  }

  #onBytes(bytes: Uint8Array): void {
    this.#heard = true;
    let problem: string | undefined;
    this.#host.dispatcher.batch(() => {
      problem = this.#reader.push(bytes);
    });
    if (problem !== undefined) this.#breach(problem);
  }

  #onChannelEnd(error: RpcError | undefined): void {
    if (error !== undefined) return this.fail(error);
    if (this.#state === "greeting")
      return this.end(
        "unreachable",
        "it closed before its hello was done; is it an Aloha RPC port?",
      );
    this.end("disconnected", "it closed the connection");
  }

  #onFrame(bytes: Uint8Array, start: number, frameEnd: number): void {
    let end = frameEnd;
    const protection = this.#protection;
    if (protection !== undefined) {
      end -= protection.tagBytes;
      if (
        end - start < HEADER_BYTES ||
        !protection.verify(bytes.subarray(start, end), bytes.subarray(end, frameEnd))
      ) {
        return this.#breach("a frame's tag is wrong");
      }
    }
    const session = this.#session;
    if (session === undefined)
      return this.#greet(bytes[start + 4]!, bytes.subarray(start + HEADER_BYTES, end));
    const problem = session.onFrame(bytes, start, end);
    if (problem !== undefined) this.#breach(problem);
  }

  #greet(type: number, body: Uint8Array): void {
    const result = this.#handshake?.onFrame(type, body);
    if (result === undefined || result.kind === "more") return;
    if (result.kind === "failed") {
      if (type !== FRAME.reject)
        this.#channel?.write(
          writeFrame(FRAME.reject, Buffer.from(result.message)),
          () => undefined,
        );
      this.#channel?.end();
      return this.end("unauthenticated", result.message);
    }
    this.#open(result.peer, result.identity, result.protection);
  }

  /** greeting -> open */
  #open(peer: Hello, identity: string | undefined, protection: FrameProtection | undefined): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    const { limits, codec, dispatcher, runtime } = this.#host;
    this.#state = "open";
    this.#helloTimer?.clear();
    this.#handshake = undefined;
    this.#protection = protection;
    this.#reader.setFrameBytesMax(limits.frameBytesMax + (protection?.tagBytes ?? 0));
    const incoming = new IncomingCalls({
      connection: {
        id: this.id,
        direction: this.direction,
        peer: peer.address,
        peerName: peer.envName,
        identity: identity ?? channel.identity,
        remote: channel.remote,
      },
      outbox: this.outbox,
      codec,
      limits,
      dispatcher,
      logger: runtime.logger,
      onStuck: () => this.end("disconnected", "it does not read what is sent to it"),
    });
    this.#session = new Session({
      incoming,
      outgoing: this.calls,
      outbox: this.outbox,
      onLoss: (error) => this.#host.onLoss(this, error),
    });
    this.#host.onOpen(this, peer);
    this.outbox.open(
      channel,
      protection === undefined ? undefined : (frames) => sealFrames(frames, protection),
    );
  }

  /** The peer broke the rules: there is no way to go on with this connection. */
  #breach(problem: string): void {
    this.#host.breaches.complain(this.#channel?.remote, problem);
    this.end(this.#state === "greeting" ? "unauthenticated" : "disconnected", problem);
  }

  #peerText(): string {
    if (this.address !== undefined) return formatRpcAddress(this.address);
    return this.#channel?.remote ?? "the peer";
  }
}
