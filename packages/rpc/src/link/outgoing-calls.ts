import type { Runtime } from "@aloha/runtime";
import { kindOf } from "../protocol.ts";
import type { RpcLimits } from "../rpc-limits.ts";
import { RpcError, toError } from "../rpc-error.ts";
import type { AskOptions, Priority } from "../rpc-ref.ts";
import type { Codec } from "../wire/codec.ts";
import { FRAME, FRAME_LENGTH_MIN } from "../wire/frame.ts";
import type { FrameType } from "../wire/frame.ts";
import type { Lane, Outbox } from "../wire/outbox.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { readFailure } from "./wire-failure.ts";

export interface OutgoingCallsOptions {
  readonly outbox: Outbox;
  readonly codec: Codec;
  readonly limits: RpcLimits;
  readonly runtime: Runtime;
  readonly deadlines: Deadlines;
  /** Whom the calls go to, for error messages. */
  readonly peerText: string;
}

/** Checks what came back for a message of that kind. */
export type ReplyCheck = (kind: string, reply: unknown) => string | undefined;

export interface OutgoingAsk {
  readonly name: string;
  readonly message: unknown;
  readonly options: AskOptions;
  readonly priority: Priority;
  readonly checkReply: ReplyCheck | undefined;
}

/** An ask that waits for its reply. */
interface PendingAsk extends Deadline {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: RpcError) => void;
  readonly kind: string;
  readonly checkReply: ReplyCheck | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: (() => void) | undefined;
}

/** What this side says to the peer over one connection: names bound to numbers, sends, asks and their replies. */
export class OutgoingCalls {
  readonly #options: OutgoingCallsOptions;
  readonly #numbers = new Map<string, number>();
  readonly #asks = new Map<number, PendingAsk>();
  #nextAsk = 1;
  #ended: RpcError | undefined;
  #asksEnded: RpcError | undefined;

  constructor(options: OutgoingCallsOptions) {
    this.#options = options;
  }

  /** Puts a message into the outbox. Gives why it could not. */
  send(name: string, message: unknown, priority: Priority): RpcError | undefined {
    return this.#put(FRAME.send, name, 0, message, priority);
  }

  ask(ask: OutgoingAsk): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = ask.options;
      if (signal?.aborted === true) return reject(abortedError(signal));
      if (this.#asksEnded !== undefined) return reject(this.#asksEnded);
      if (this.#asks.size >= this.#options.limits.asksOutstandingMax)
        return reject(this.#full("asks are under way"));
      const number = this.#takeAskNumber();
      const problem = this.#put(FRAME.ask, ask.name, number, ask.message, ask.priority);
      if (problem !== undefined) return reject(problem);
      const timeoutMs = ask.options.timeoutMs ?? this.#options.limits.askTimeoutMs;
      const cancel = (error: RpcError): void => {
        if (this.#take(number) === undefined) return;
        // In the lane of the ask, or it might overtake the ask.
        this.#options.outbox.add(laneOf(ask.priority), FRAME.cancel, 0, number, undefined);
        reject(error);
      };
      const onAbort = signal === undefined ? undefined : () => cancel(abortedError(signal));
      const pending: PendingAsk = {
        resolve,
        reject,
        kind: kindOf(ask.message) ?? "",
        checkReply: ask.checkReply,
        signal,
        onAbort,
        deadlineMs: this.#options.runtime.clock.monotonicMs() + timeoutMs,
        expire: () => cancel(this.#timeout(ask.name, timeoutMs)),
      };
      if (onAbort !== undefined) signal?.addEventListener("abort", onAbort, { once: true });
      this.#asks.set(number, pending);
      this.#options.deadlines.add(pending);
    });
  }

  onReply(ask: number, bytes: Uint8Array, start: number, end: number): void {
    const pending = this.#take(ask);
    if (pending === undefined) return;
    let reply: unknown;
    try {
      reply = start === end ? undefined : this.#options.codec.decode(bytes, start, end);
    } catch (thrown) {
      pending.reject(
        thrown instanceof RpcError ? thrown : new RpcError("bad-message", toError(thrown).message),
      );
      return;
    }
    const problem =
      pending.checkReply === undefined
        ? undefined
        : checked(pending.checkReply, pending.kind, reply);
    if (problem === undefined) pending.resolve(reply);
    else
      pending.reject(
        new RpcError(
          "bad-message",
          `The reply of ${this.#options.peerText} was refused: ${problem}`,
        ),
      );
  }

  /** A failure for an ask; with ask 0 it is about sent messages, and is given back. */
  onFail(ask: number, bytes: Uint8Array, start: number, end: number): RpcError | undefined {
    let error: RpcError;
    try {
      error = readFailure(this.#options.codec.decode(bytes, start, end));
    } catch (thrown) {
      error = new RpcError("bad-message", toError(thrown).message);
    }
    if (ask === 0) return error;
    this.#take(ask)?.reject(error);
    return undefined;
  }

  /** Lets everything under way fail with `error`, and everything later too. */
  end(error: RpcError): void {
    this.#ended = error;
    this.#endAsksWith(error);
  }

  /** Lets the asks fail, those under way and later ones; sends still go. */
  endAsks(error: RpcError): void {
    this.#asksEnded = error;
    this.#endAsksWith(error);
  }

  #endAsksWith(error: RpcError): void {
    for (const number of [...this.#asks.keys()]) this.#take(number)?.reject(error);
  }

  #put(
    type: FrameType,
    name: string,
    ask: number,
    message: unknown,
    priority: Priority,
  ): RpcError | undefined {
    if (this.#ended !== undefined) return this.#ended;
    let body: Uint8Array;
    try {
      body = this.#options.codec.encode(message);
    } catch (thrown) {
      return thrown instanceof RpcError
        ? thrown
        : new RpcError("bad-message", toError(thrown).message);
    }
    const { outbox, limits, peerText } = this.#options;
    if (body.length + FRAME_LENGTH_MIN > limits.frameBytesMax) {
      return new RpcError(
        "too-large",
        `The message for ${name} at ${peerText} has ${body.length} bytes; a frame holds ${limits.frameBytesMax}.`,
      );
    }
    if (this.#numbers.size >= limits.namesPerConnectionMax && !this.#numbers.has(name)) {
      return this.#full(`endpoints are used over one connection (${limits.namesPerConnectionMax})`);
    }
    const number = this.#numbers.get(name) ?? this.#bind(name);
    if (number === undefined || !outbox.add(laneOf(priority), type, number, ask, body)) {
      return this.#full(`bytes wait to be sent (${outbox.pendingBytes})`);
    }
    return undefined;
  }

  /** Tells the peer the number that stands for `name` from now on. In the control lane: it must be there first. */
  #bind(name: string): number | undefined {
    const number = this.#numbers.size;
    if (!this.#options.outbox.add("control", FRAME.bind, number, 0, Buffer.from(name)))
      return undefined;
    this.#numbers.set(name, number);
    return number;
  }

  #take(ask: number): PendingAsk | undefined {
    const pending = this.#asks.get(ask);
    if (pending === undefined) return undefined;
    this.#asks.delete(ask);
    this.#options.deadlines.remove(pending);
    if (pending.onAbort !== undefined)
      pending.signal?.removeEventListener("abort", pending.onAbort);
    return pending;
  }

  #takeAskNumber(): number {
    do {
      this.#nextAsk = this.#nextAsk === 0xffff_ffff ? 1 : this.#nextAsk + 1;
    } while (this.#asks.has(this.#nextAsk));
    return this.#nextAsk;
  }

  #full(what: string): RpcError {
    return new RpcError(
      "outbox-full",
      `Nothing more is taken for ${this.#options.peerText}: too many ${what}.`,
    );
  }

  #timeout(name: string, timeoutMs: number): RpcError {
    return new RpcError(
      "timeout",
      `${name} at ${this.#options.peerText} did not reply within ${timeoutMs} ms.`,
    );
  }
}

function laneOf(priority: Priority): Lane {
  return priority === "control" ? "control" : "bulk";
}

function abortedError(signal: AbortSignal): RpcError {
  return new RpcError("aborted", "The caller gave up waiting for the reply.", {
    cause: signal.reason,
  });
}

function checked(check: ReplyCheck, kind: string, reply: unknown): string | undefined {
  try {
    return check(kind, reply);
  } catch (thrown) {
    return toError(thrown).message;
  }
}
