import type { MailboxItem } from "../dispatch/mailbox.ts";
import type { RegisteredEndpoint } from "../dispatch/registered-endpoint.ts";
import type { Connection, ReceiveContext } from "../endpoint.ts";
import type { RpcErrorCode } from "../rpc-error.ts";
import type { Lane } from "../wire/outbox.ts";

/** Where the answers of deliveries go. */
export interface Answers {
  readonly connection: Connection;
  reply(delivery: Delivery, value: unknown): void;
  fail(delivery: Delivery, code: RpcErrorCode, message: string, remoteCode?: string): void;
}

/** A message on its way through a mailbox; its handler's context at the same time. */
export class Delivery implements MailboxItem, ReceiveContext {
  readonly #answers: Answers;
  readonly #endpoint: RegisteredEndpoint;
  readonly #message: unknown;
  #controller: AbortController | undefined;
  /** The asker gave up or is gone. */
  #left = false;
  #answered = false;
  /** 0 for a message that was sent. */
  readonly ask: number;
  readonly lane: Lane;

  constructor(
    answers: Answers,
    endpoint: RegisteredEndpoint,
    message: unknown,
    ask: number,
    lane: Lane,
  ) {
    this.#answers = answers;
    this.#endpoint = endpoint;
    this.#message = message;
    this.ask = ask;
    this.lane = lane;
  }

  get connection(): Connection {
    return this.#answers.connection;
  }

  get isAsk(): boolean {
    return this.ask !== 0;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#left) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  reply(value: unknown): void {
    if (this.#close()) this.#answers.reply(this, value);
  }

  fail(error: { readonly code: string; readonly message: string }): void {
    if (this.#close()) this.#answers.fail(this, "handler-failed", error.message, error.code);
  }

  run(): void | Promise<void> {
    // An ask whose asker has left while it waited is not worth the handler's time.
    if (this.#left && this.ask !== 0) return;
    return this.#endpoint.receive(this.#message, this);
  }

  failed(error: Error): void {
    if (this.#close())
      this.#answers.fail(this, "handler-failed", `The handler failed: ${error.message}`);
  }

  rejected(code: RpcErrorCode): void {
    if (this.#close()) this.#answers.fail(this, code, "The endpoint is stopping.");
  }

  /** The asker does not want an answer any more. */
  leave(): void {
    this.#left = true;
    this.#answered = true;
    this.#controller?.abort();
  }

  /** Whether an answer is still to be given; it is the caller's then. */
  #close(): boolean {
    if (this.#answered || this.ask === 0) return false;
    this.#answered = true;
    return true;
  }
}
