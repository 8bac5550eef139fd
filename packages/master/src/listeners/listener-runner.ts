/**
 * Calls a listener's methods, one item after the other, and says how far it came: after what is at hand is
 * handled, and every few milliseconds in between, so that a listener which is fast costs its master few messages.
 */
import type { Clock, Timer, Timers } from "@aloha/runtime";
import type { AlohaEventListener } from "@aloha/sdk";
import type { DeliveryItem, FromListener, Thrown } from "./listener-protocol.ts";

const sayEveryMs = 20;
const messageLengthMax = 1_000;

export interface ListenerRunnerOptions {
  readonly listener: AlohaEventListener;
  readonly send: (message: FromListener) => void;
  readonly clock: Clock;
  readonly timers: Timers;
}

export class ListenerRunner {
  readonly #options: ListenerRunnerOptions;
  /** Bounded by the master, which does not deliver more before something is handled. */
  #queue: DeliveryItem[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #handledId = 0;
  #saidId = 0;
  #saidAtMs: number;
  #sayTimer: Timer | undefined;
  #thrown: Thrown | null = null;

  constructor(options: ListenerRunnerOptions) {
    this.#options = options;
    this.#saidAtMs = options.clock.monotonicMs();
  }

  deliver(items: readonly DeliveryItem[]): void {
    this.#queue.push(...items);
    if (!this.#isDraining) this.#drained = this.#drain();
  }

  /** Handles what was delivered, then closes the listener. Rejects with what its `close` throws. */
  async close(): Promise<void> {
    await this.#drained;
    await this.#options.listener.close?.();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (this.#queue.length > 0) {
      const items = this.#queue;
      this.#queue = [];
      for (const item of items) {
        try {
          const settled = handle(this.#options.listener, item);
          if (settled !== undefined) {
            this.#sayLater();
            await settled;
          }
        } catch (thrown) {
          this.#thrown = {
            count: (this.#thrown?.count ?? 0) + 1,
            id: item.id,
            message: describe(thrown),
          };
        }
        this.#handledId = item.id;
        if (this.#options.clock.monotonicMs() - this.#saidAtMs >= sayEveryMs) this.#say();
      }
    }
    this.#isDraining = false;
    this.#say();
  }

  /** What was handled before this wait is said during it. */
  #sayLater(): void {
    if (this.#handledId === this.#saidId) return;
    this.#sayTimer ??= this.#options.timers.after(sayEveryMs, () => this.#say());
  }

  #say(): void {
    this.#sayTimer?.clear();
    this.#sayTimer = undefined;
    this.#saidAtMs = this.#options.clock.monotonicMs();
    if (this.#handledId === this.#saidId) return;
    this.#saidId = this.#handledId;
    this.#options.send({ kind: "handled", id: this.#handledId, thrown: this.#thrown });
    this.#thrown = null;
  }
}

/** Undefined where there is nothing to wait for. */
function handle(listener: AlohaEventListener, item: DeliveryItem): Promise<void> | undefined {
  const result = call(listener, item);
  return result instanceof Promise || isThenable(result) ? Promise.resolve(result) : undefined;
}

function call(listener: AlohaEventListener, item: DeliveryItem): void | Promise<void> {
  if (item.kind === "missed") return listener.onMissed?.(item.missed);
  const { event } = item;
  switch (event.kind) {
    case "application-state-changed":
      return listener.onApplicationStateChange?.(event);
    case "application-relaunched":
      return listener.onApplicationRelaunched?.(event);
    case "worker-state-changed":
    case "master-state-changed":
    case "alert":
      return listener.onOtherEvent?.(event);
  }
}

function isThenable(value: unknown): value is PromiseLike<void> {
  return typeof value === "object" && value !== null && "then" in value;
}

/** What was thrown, with the line that threw it. */
export function describe(thrown: unknown): string {
  const text =
    thrown instanceof Error
      ? (thrown.stack ?? thrown.message).split("\n").slice(0, 2).join("").replaceAll(/\s+/g, " ")
      : String(thrown);
  return text.slice(0, messageLengthMax);
}
