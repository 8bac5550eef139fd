/**
 * One process of a listener, from its start to its end:
 *
 *   started -> loaded -> running -> ended
 *
 * Whatever it is asked it has to answer in time, or it is killed.
 */
import { formatDuration } from "@aloha/core";
import type { Logger, Timer, Timers } from "@aloha/runtime";
import type { ModuleDirectories } from "../modules/import-module.ts";
import type { ModuleReference } from "../modules/module-reference.ts";
import type { Delivery } from "./delivery.ts";
import { startListenerProcess, type ListenerProcess } from "./listener-process.ts";
import type { FromListener, StartMessage, Thrown, ToListener } from "./listener-protocol.ts";
import { closeGraceMs, type ListenerSettings } from "./listener-settings.ts";

export interface ListenerSessionOptions {
  readonly reference: ModuleReference;
  readonly directories: ModuleDirectories;
  readonly settings: ListenerSettings;
  readonly timers: Timers;
  readonly logger: Logger;
}

export type SessionEnd =
  /** Starting it again may help. */
  | { readonly kind: "ended"; readonly why: string }
  /** It will not. */
  | { readonly kind: "refused"; readonly message: string };

export interface SessionWork {
  readonly start: StartMessage;
  readonly delivery: Delivery;
  readonly begun: () => void;
  readonly handled: (thrown: Thrown | null) => void;
}

export class ListenerSession {
  readonly #options: ListenerSessionOptions;
  readonly #process: ListenerProcess;
  readonly #ended: Promise<SessionEnd>;
  #work: SessionWork | undefined;
  #closing = false;
  /** Who waits for an answer other than `handled` and `pong`. */
  #answered: ((message: FromListener) => void) | undefined;
  #deadline: Timer | undefined;
  #pinged = false;
  /** Why it was killed, where it was. */
  #killedFor: string | undefined;

  constructor(options: ListenerSessionOptions) {
    const { reference, settings, timers, logger } = options;
    this.#options = options;
    this.#process = startListenerProcess({
      name: reference.text,
      memoryBytesMax: settings.memoryBytesMax,
      timers,
      logger,
      received: (message) => this.#receive(message),
    });
    this.#ended = this.#process.ended.then((how) => {
      this.#deadline?.clear();
      return { kind: "ended", why: this.#killedFor ?? how };
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Has it import its module. Null: it did. */
  async load(): Promise<SessionEnd | null> {
    const { reference, directories } = this.#options;
    const answer = await this.#ask({ kind: "load", reference, directories }, "load its module");
    return answer.kind === "loaded" ? null : this.#endOf(answer);
  }

  /** Begins, and delivers until the process ends. */
  async run(work: SessionWork): Promise<SessionEnd> {
    const answer = await this.#ask({ kind: "begin", start: work.start }, "begin");
    if (answer.kind !== "begun") return this.#endOf(answer);
    if (answer.resumeAfter !== null) work.delivery.resumeAfter(answer.resumeAfter);
    this.#work = work;
    work.begun();
    const { timers, settings } = this.#options;
    const pings = timers.every(settings.pingPeriodMs, () => this.#ping());
    this.advance();
    const end = await this.#ended;
    pings.clear();
    work.delivery.interrupted();
    return end;
  }

  /** Sends what may be sent. */
  advance(): void {
    if (this.#work === undefined || this.#closing) return;
    const { delivery } = this.#work;
    const wasUnderWay = delivery.isUnderWay;
    const items = delivery.takeSendable();
    if (items.length === 0) return;
    this.#process.send({ kind: "deliver", items });
    if (!wasUnderWay) this.#expectInTime("handle an event");
  }

  /** Lets it handle what it was sent, and close; kills it if that takes too long. Resolves once it is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#deadline?.clear();
    this.#process.send({ kind: "close" });
    const timer = this.#options.timers.after(closeGraceMs, () =>
      this.kill("it did not close in time"),
    );
    await this.#ended;
    timer.clear();
  }

  kill(why: string): void {
    this.#killedFor ??= why;
    this.#process.kill();
  }

  #ping(): void {
    const { delivery } = this.#work!;
    if (this.#closing || this.#pinged || delivery.isUnderWay) return;
    this.#pinged = true;
    this.#process.send({ kind: "ping" });
    this.#expectInTime("answer");
  }

  #receive(message: FromListener): void {
    if (message.kind === "handled") {
      const work = this.#work;
      if (work === undefined) return;
      work.delivery.handled(message.id);
      this.#settle();
      work.handled(message.thrown);
      this.advance();
    } else if (message.kind === "pong") {
      this.#pinged = false;
      this.#settle();
    } else {
      this.#answered?.(message);
    }
  }

  /** It answered: the time for what it still owes begins anew. */
  #settle(): void {
    this.#deadline?.clear();
    if (this.#work?.delivery.isUnderWay === true && !this.#closing)
      this.#expectInTime("handle an event");
    else if (this.#pinged) this.#expectInTime("answer");
  }

  #expectInTime(what: string): void {
    const { eventTimeoutMs } = this.#options.settings;
    const limit = `within ${formatDuration(eventTimeoutMs)} (aloha.listeners.eventTimeout)`;
    this.#expect(eventTimeoutMs, `it did not ${what} ${limit}`);
  }

  /** From here on it is killed if it says nothing in time. */
  #expect(timeoutMs: number, why: string): void {
    this.#deadline?.clear();
    this.#deadline = this.#options.timers.after(timeoutMs, () => this.kill(why));
  }

  async #ask(message: ToListener, what: string): Promise<FromListener | SessionEnd> {
    const answer = new Promise<FromListener>((resolve) => {
      this.#answered = resolve;
    });
    this.#process.send(message);
    const { startTimeoutMs } = this.#options.settings;
    this.#expect(startTimeoutMs, `it did not ${what} within ${formatDuration(startTimeoutMs)}`);
    const first = await Promise.race([answer, this.#ended]);
    this.#answered = undefined;
    this.#deadline?.clear();
    return first;
  }

  /** What another answer than the one hoped for means. The process is of no use any more. */
  #endOf(answer: FromListener | SessionEnd): Promise<SessionEnd> {
    const end: SessionEnd =
      answer.kind === "ended" || answer.kind === "refused"
        ? answer
        : {
            kind: "ended",
            why:
              answer.kind === "failed"
                ? `it could not begin: ${answer.message}`
                : "it answered something else than it was asked",
          };
    this.kill(end.kind === "ended" ? end.why : end.message);
    return this.#ended.then(() => end);
  }
}
