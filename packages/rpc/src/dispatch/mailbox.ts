import type { Logger, Timers } from "@aloha/runtime";
import type { RpcErrorCode } from "../rpc-error.ts";
import { toError } from "../rpc-error.ts";
import type { Lane } from "../wire/outbox.ts";
import { Fifo } from "./fifo.ts";

/** The endpoint behind a mailbox, without its protocol's types. */
export interface MailboxTarget {
  onStop(): void | Promise<void>;
  onError(error: Error): void;
}

/** One thing for an endpoint to do: a message, or word of a connection. */
export interface MailboxItem {
  run(): void | Promise<void>;
  /** `run` threw, or its promise rejected. */
  failed(error: Error): void;
  /** It will not be run. */
  rejected(code: RpcErrorCode): void;
}

/** Word of connections that may wait beyond the messages. */
const NEWS_LENGTH_MAX = 10_000;

export interface MailboxOptions {
  readonly name: string;
  readonly target: MailboxTarget;
  readonly inboxLengthMax: number;
  readonly drainLengthMax: number;
  readonly stopTimeoutMs: number;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Asks for a call of `drain` soon. */
  readonly wake: (mailbox: Mailbox) => void;
}

/**
 * Runs the items of one endpoint one at a time; those marked control first.
 *
 * open      takes items; `busy` while one that returned a promise is not settled
 * stopping  takes none; waits for the one at work, then runs onStop
 * stopped   nothing more happens
 */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #control = new Fifo<MailboxItem>();
  readonly #bulk = new Fifo<MailboxItem>();
  #state: "open" | "stopping" | "stopped" = "open";
  #busy = false;
  #whenIdle: (() => void) | undefined;
  /** Owned by the dispatcher: whether a call of `drain` is on its way. */
  awake = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Takes a message from the network; a full lane refuses it. */
  offer(item: MailboxItem, lane: Lane): "accepted" | "inbox-full" | "stopped" {
    const queue = lane === "control" ? this.#control : this.#bulk;
    if (this.#state !== "open") return "stopped";
    if (queue.length >= this.#options.inboxLengthMax) return "inbox-full";
    queue.push(item);
    if (!this.#busy && !this.awake) this.#options.wake(this);
    return "accepted";
  }

  /**
   * Takes word of a connection. It has room of its own, so that messages cannot crowd it out; an
   * endpoint that has not run for so long that even this is full will miss some.
   */
  tell(item: MailboxItem, lane: Lane): void {
    const queue = lane === "control" ? this.#control : this.#bulk;
    if (this.#state !== "open") return;
    if (queue.length >= this.#options.inboxLengthMax + NEWS_LENGTH_MAX) {
      this.#options.logger.error(
        "an endpoint takes no word of connections any more: its handler does not end",
        {
          endpoint: this.#options.name,
        },
      );
      return;
    }
    queue.push(item);
    if (!this.#busy && !this.awake) this.#options.wake(this);
  }

  /** Runs what waits, until it is all done, one must be awaited, or others should have a turn. */
  drain(): void {
    let left = this.#options.drainLengthMax;
    while (!this.#busy && this.#state === "open") {
      const item = this.#control.shift() ?? this.#bulk.shift();
      if (item === undefined) return;
      this.#run(item);
      if (--left === 0) {
        if (!this.#busy && !this.awake) this.#options.wake(this);
        return;
      }
    }
  }

  /** Rejects what waits, lets the item at work end (for `stopTimeoutMs` at most), then runs onStop. */
  async stop(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "stopping";
    this.rejectAll();
    if (this.#busy) await this.#untilIdle();
    try {
      await this.#options.target.onStop();
    } catch (thrown) {
      this.#report(toError(thrown));
    }
    this.#state = "stopped";
  }

  /** Ends without onStop: the endpoint could not start. */
  abandon(): void {
    this.#state = "stopped";
    this.rejectAll();
  }

  rejectAll(): void {
    for (;;) {
      const item = this.#control.shift() ?? this.#bulk.shift();
      if (item === undefined) return;
      item.rejected("stopped");
    }
  }

  #run(item: MailboxItem): void {
    let result: unknown;
    try {
      result = item.run();
    } catch (thrown) {
      this.#failed(item, toError(thrown));
      return;
    }
    if (!isPromiseLike(result)) return;
    this.#busy = true;
    result.then(
      () => this.#settled(),
      (thrown: unknown) => {
        this.#failed(item, toError(thrown));
        this.#settled();
      },
    );
  }

  #settled(): void {
    this.#busy = false;
    this.#whenIdle?.();
    this.drain();
  }

  #failed(item: MailboxItem, error: Error): void {
    item.failed(error);
    this.#report(error);
  }

  #report(error: Error): void {
    try {
      this.#options.target.onError(error);
    } catch (thrown) {
      this.#options.logger.error("onError of an endpoint failed itself", {
        endpoint: this.#options.name,
        error: toError(thrown),
        original: error,
      });
    }
  }

  #untilIdle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.timers.after(this.#options.stopTimeoutMs, () => {
        this.#options.logger.warn(
          "an endpoint's handler did not end in time; its onStop runs beside it",
          {
            endpoint: this.#options.name,
            waitedMs: this.#options.stopTimeoutMs,
          },
        );
        resolve();
      });
      this.#whenIdle = () => {
        timer.clear();
        resolve();
      };
    });
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
