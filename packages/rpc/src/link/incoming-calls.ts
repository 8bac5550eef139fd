import type { Logger } from "@aloha/runtime";
import type { Dispatcher, Slot } from "../dispatch/dispatcher.ts";
import type { Connection } from "../endpoint.ts";
import { RpcError, toError } from "../rpc-error.ts";
import type { RpcErrorCode } from "../rpc-error.ts";
import type { RpcLimits } from "../rpc-limits.ts";
import type { Codec } from "../wire/codec.ts";
import { FRAME, FRAME_LENGTH_MIN } from "../wire/frame.ts";
import type { Lane, Outbox } from "../wire/outbox.ts";
import type { Answers } from "./delivery.ts";
import { Delivery } from "./delivery.ts";
import { writeFailure } from "./wire-failure.ts";

export interface IncomingCallsOptions {
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly codec: Codec;
  readonly limits: RpcLimits;
  readonly dispatcher: Dispatcher;
  readonly logger: Logger;
  /** Tells that an answer finds no room although the peer has been told so: it does not read. */
  readonly onStuck: () => void;
}

/** A name the peer bound to a number, and the endpoint it last stood for. */
interface Binding {
  readonly name: string;
  slot: Slot | undefined;
}

/** What the peer says to this side's endpoints over one connection. */
export class IncomingCalls implements Answers {
  readonly #options: IncomingCallsOptions;
  readonly #bindings: Binding[] = [];
  readonly #asks = new Map<number, Delivery>();
  /** Losses of sent messages that the peer has been told of since the last turn, so that it is told once. */
  readonly #toldLosses = new Set<string>();
  /** Sent messages that did not reach an endpoint. */
  lost = 0;

  constructor(options: IncomingCallsOptions) {
    this.#options = options;
  }

  get connection(): Connection {
    return this.#options.connection;
  }

  /** Gives what is wrong with the frame, if the connection cannot go on. */
  onBind(number: number, name: string): string | undefined {
    if (number !== this.#bindings.length || number >= this.#options.limits.namesPerConnectionMax) {
      return `it bound a name to ${number}, expected was ${this.#bindings.length}`;
    }
    this.#bindings.push({ name, slot: undefined });
    return undefined;
  }

  /** A message; `ask` is 0 if it was sent. Gives what is wrong with the frame, if the connection cannot go on. */
  onMessage(
    number: number,
    ask: number,
    lane: Lane,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): string | undefined {
    const binding = this.#bindings[number];
    if (binding === undefined)
      return `it used the number ${number}, which it never bound to a name`;
    let slot = binding.slot;
    if (slot === undefined || !slot.mailbox.isOpen) {
      slot = binding.slot = this.#options.dispatcher.find(binding.name);
      if (slot === undefined) {
        this.#refuse(ask, "no-such-endpoint", this.#noSuchEndpoint(binding.name));
        return undefined;
      }
    }
    let message: unknown;
    try {
      message = this.#options.codec.decode(bytes, start, end);
      const problem = slot.endpoint.check?.(message);
      if (problem !== undefined)
        throw new RpcError("bad-message", `The message was refused: ${problem}.`);
    } catch (thrown) {
      this.#refuse(ask, "bad-message", toError(thrown).message);
      return undefined;
    }
    const delivery = new Delivery(this, slot.endpoint, message, ask, lane);
    if (ask !== 0) {
      if (this.#asks.size >= this.#options.limits.asksOutstandingMax) {
        this.#refuse(
          ask,
          "inbox-full",
          `More than ${this.#options.limits.asksOutstandingMax} asks are under way.`,
        );
        return undefined;
      }
      this.#asks.set(ask, delivery);
    }
    const offered = slot.mailbox.offer(delivery, lane);
    if (offered !== "accepted") {
      this.#asks.delete(ask);
      this.#refuse(ask, offered, `${binding.name} takes no message now: ${offered}.`);
    }
    return undefined;
  }

  onCancel(ask: number): void {
    const delivery = this.#asks.get(ask);
    this.#asks.delete(ask);
    delivery?.leave();
  }

  /** The connection is gone: nobody waits for the answers. */
  end(): void {
    const asks = [...this.#asks.values()];
    this.#asks.clear();
    for (const delivery of asks) delivery.leave();
  }

  reply(delivery: Delivery, value: unknown): void {
    this.#asks.delete(delivery.ask);
    let body: Uint8Array | undefined;
    try {
      body = value === undefined ? undefined : this.#options.codec.encode(value);
    } catch (thrown) {
      this.#sendFailure(delivery.ask, "bad-message", `The reply: ${toError(thrown).message}`);
      return;
    }
    const { outbox, limits } = this.#options;
    if (body !== undefined && body.length + FRAME_LENGTH_MIN > limits.frameBytesMax) {
      const text = `The reply has ${body.length} bytes; a frame holds ${limits.frameBytesMax}.`;
      this.#sendFailure(delivery.ask, "too-large", text);
    } else if (!outbox.add(delivery.lane, FRAME.reply, 0, delivery.ask, body)) {
      this.#sendFailure(
        delivery.ask,
        "outbox-full",
        "The peer's answers wait to be read; there is no room for more.",
      );
    }
  }

  fail(delivery: Delivery, code: RpcErrorCode, message: string, remoteCode?: string): void {
    this.#asks.delete(delivery.ask);
    this.#sendFailure(delivery.ask, code, message, remoteCode);
  }

  #refuse(ask: number, code: RpcErrorCode, message: string): void {
    if (ask === 0) {
      this.lost++;
      if (this.#toldLosses.has(code)) return;
      this.#toldLosses.add(code);
      this.#options.logger.warn("a message was not delivered", {
        peer: this.connection.remote,
        code,
        message,
      });
    }
    this.#sendFailure(ask, code, message);
  }

  /** Called from time to time: the next loss is told again. */
  forgetToldLosses(): void {
    this.#toldLosses.clear();
  }

  #sendFailure(ask: number, code: RpcErrorCode, message: string, remoteCode?: string): void {
    const body = this.#options.codec.encode(writeFailure(code, message, remoteCode));
    if (!this.#options.outbox.add("control", FRAME.fail, 0, ask, body)) this.#options.onStuck();
  }

  #noSuchEndpoint(name: string): string {
    return `There is no endpoint "${name.slice(0, 128)}" here: ${this.#options.dispatcher.describeNames()}.`;
  }
}
