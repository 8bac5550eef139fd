import type { Runtime } from "@aloha/runtime";
import type { Connection } from "../endpoint.ts";
import type { RpcAddress } from "../rpc-address.ts";
import type { RpcError } from "../rpc-error.ts";
import type { RpcLimits } from "../rpc-limits.ts";
import type { Lane } from "../wire/outbox.ts";
import type { MailboxItem } from "./mailbox.ts";
import { Mailbox } from "./mailbox.ts";
import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** Names of endpoints that an error lists. */
const NAMES_LISTED_MAX = 20;

/** An endpoint and what waits for it. */
export interface Slot {
  readonly endpoint: RegisteredEndpoint;
  readonly mailbox: Mailbox;
}

/** Knows the endpoints of one environment, and gives each its turns. */
export class Dispatcher {
  readonly #runtime: Runtime;
  readonly #limits: RpcLimits;
  readonly #slots = new Map<string, Slot>();
  #ready: Mailbox[] = [];
  #turnScheduled = false;
  #held = false;

  constructor(runtime: Runtime, limits: RpcLimits) {
    this.#runtime = runtime;
    this.#limits = limits;
  }

  /** Adds an endpoint under a free name and starts it in the loop's next turn. */
  add(name: string, endpoint: RegisteredEndpoint, inboxLengthMax: number): void {
    const mailbox = new Mailbox({
      name,
      target: endpoint,
      inboxLengthMax,
      drainLengthMax: this.#limits.drainLengthMax,
      stopTimeoutMs: this.#limits.stopTimeoutMs,
      timers: this.#runtime.timers,
      logger: this.#runtime.logger,
      wake: (woken) => this.#wake(woken),
    });
    this.#slots.set(name, { endpoint, mailbox });
    mailbox.tell(
      {
        run: () => endpoint.onStart(),
        failed: () => {
          this.#slots.delete(name);
          mailbox.abandon();
        },
        rejected: () => undefined,
      },
      "control",
    );
  }

  find(name: string): Slot | undefined {
    return this.#slots.get(name);
  }

  async remove(name: string): Promise<void> {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#slots.delete(name);
    await slot.mailbox.stop();
  }

  /** Stops all endpoints side by side. */
  async stop(): Promise<void> {
    await Promise.all([...this.#slots.keys()].map((name) => this.remove(name)));
  }

  /** What exists, for the error about what does not. */
  describeNames(): string {
    const names = [...this.#slots.keys()].filter((name) => !name.startsWith("$")).sort();
    if (names.length === 0) return "it has no endpoints";
    const more = names.length - NAMES_LISTED_MAX;
    const listed = names.slice(0, NAMES_LISTED_MAX).join(", ");
    return `it has ${listed}${more > 0 ? ` and ${more} more` : ""}`;
  }

  connected(connection: Connection): void {
    this.#tellAll("control", (endpoint) => endpoint.onConnected(connection));
  }

  disconnected(connection: Connection, reason: RpcError | undefined): void {
    this.#tellAll("bulk", (endpoint) => endpoint.onDisconnected(connection, reason));
  }

  networkError(error: RpcError, address: RpcAddress | undefined): void {
    this.#tellAll("bulk", (endpoint) => endpoint.onNetworkError(error, address));
  }

  /** Runs `deliver`, which offers many messages, and only then the endpoints, each in one go. */
  batch(deliver: () => void): void {
    this.#held = true;
    try {
      deliver();
    } finally {
      this.#held = false;
      this.#runReady();
    }
  }

  #tellAll(lane: Lane, run: (endpoint: RegisteredEndpoint) => void): void {
    for (const { endpoint, mailbox } of this.#slots.values()) {
      const item: MailboxItem = {
        run: () => run(endpoint),
        failed: () => undefined,
        rejected: () => undefined,
      };
      mailbox.tell(item, lane);
    }
  }

  #wake(mailbox: Mailbox): void {
    mailbox.awake = true;
    this.#ready.push(mailbox);
    if (!this.#held) this.#scheduleTurn();
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    this.#runtime.timers.soon(() => {
      this.#turnScheduled = false;
      this.#runReady();
    });
  }

  #runReady(): void {
    const ready = this.#ready;
    if (ready.length === 0) return;
    this.#ready = [];
    for (const mailbox of ready) {
      mailbox.awake = false;
      mailbox.drain();
    }
  }
}
