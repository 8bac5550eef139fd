/**
 * One listener, across the processes that it lives through:
 *
 *   WAITING -> RUNNING             its master leads, and it has begun
 *   WAITING | RUNNING -> RESTARTING -> RUNNING
 *                                  its process ended, hung or could not begin; the next one starts after a while
 *   RESTARTING -> FAILED           it cannot be loaded any more, or is no listener: it stays down
 *   any of these -> STOPPED        its master stops, or leads no more
 */
import { AlohaError, toAlohaError } from "@aloha/core";
import type { Logger, Runtime } from "@aloha/runtime";
import type { MissedEvents } from "@aloha/sdk";
import type { Leadership } from "../leadership.ts";
import type { ModuleDirectories } from "../modules/import-module.ts";
import type { ModuleReference } from "../modules/module-reference.ts";
import { Delivery } from "./delivery.ts";
import { Digest } from "./digest.ts";
import type { Thrown } from "./listener-protocol.ts";
import { ListenerSession, type SessionEnd } from "./listener-session.ts";
import { alertPeriodMs, wellAfterMs, type ListenerSettings } from "./listener-settings.ts";

export type ListenerState = "WAITING" | "RUNNING" | "RESTARTING" | "FAILED" | "STOPPED";

export interface ListenerOptions {
  readonly reference: ModuleReference;
  readonly directories: ModuleDirectories;
  readonly settings: ListenerSettings;
  /** What it is told of `aloha.x.*`. */
  readonly extensions: Readonly<Record<string, string>>;
  readonly runtime: Runtime;
}

/** What is known of a listener, for people. */
export interface ListenerStatus {
  readonly name: string;
  readonly state: ListenerState;
  readonly pid: number | null;
  /** The last event that it handled; null before the first leadership. */
  readonly lastSequence: number | null;
  /** Events that it still has to get. */
  readonly queued: number;
  /** Events that it will never get: the log was trimmed, or they ended its process again and again. */
  readonly missed: number;
  /** Times that one of its methods threw. */
  readonly errors: number;
  readonly restarts: number;
  readonly lastError: string | null;
}

/** One leadership, from this listener's point of view. */
interface Term {
  readonly leadership: Leadership;
  readonly delivery: Delivery;
  over: boolean;
}

export class Listener {
  readonly name: string;
  readonly #options: ListenerOptions;
  readonly #logger: Logger;
  readonly #digests: { readonly ends: Digest; readonly thrown: Digest; readonly missed: Digest };
  #state: ListenerState = "WAITING";
  #session: ListenerSession | undefined;
  #term: Term | undefined;
  #living: Promise<void> = Promise.resolve();
  #endPause: () => void = () => undefined;
  #remembered: number | null = null;
  #missed = 0;
  #errors = 0;
  #restarts = 0;
  #lastError: string | null = null;

  constructor(options: ListenerOptions) {
    this.name = options.reference.text;
    this.#options = options;
    this.#logger = options.runtime.logger.child({ listener: this.name });
    this.#digests = {
      ends: this.#digest("listener-restarted", (count) =>
        count === 1 ? "is started again" : `was started again ${count} times`,
      ),
      thrown: this.#digest("listener-threw", (count) =>
        count === 1 ? "threw" : `threw ${count} times`,
      ),
      missed: this.#digest("listener-missed-events", () => "misses events"),
    };
  }

  /** Where it stands, to be remembered; null: nothing to remember. */
  get position(): number | null {
    return this.#remembered;
  }

  get status(): ListenerStatus {
    const position = this.#term?.delivery.position ?? null;
    const newest = this.#term?.leadership.events.lastSequence ?? 0;
    return {
      name: this.name,
      state: this.#state,
      pid: this.#session?.pid ?? null,
      lastSequence: position,
      queued: position === null ? 0 : Math.max(0, newest - position),
      missed: this.#missed,
      errors: this.#errors,
      restarts: this.#restarts,
      lastError: this.#lastError,
    };
  }

  /** Starts its process and has it load the module. Throws `invalid-argument`, and nothing is left running then. */
  async load(): Promise<void> {
    this.#session = this.#startSession();
    const end = await this.#session.load();
    if (end === null) return;
    this.#session = undefined;
    const message =
      end.kind === "refused" ? end.message : `${this.name} cannot be loaded: ${end.why}.`;
    throw new AlohaError("invalid-argument", `aloha.extraListeners: ${message}`);
  }

  /** Runs under this leadership, from the event after `remembered` on. */
  lead(leadership: Leadership, remembered: number | null): void {
    const delivery = new Delivery({
      source: leadership,
      after: remembered ?? leadership.beganAfter,
      queueLengthMax: this.#options.settings.queueLengthMax,
      changed: () => this.#session?.advance(),
      missed: (missed) => this.#miss(missed),
      failed: (thrown) => this.#failToRead(term, toAlohaError(thrown)),
    });
    const term: Term = { leadership, delivery, over: false };
    this.#term = term;
    this.#remembered = remembered;
    this.#state = "WAITING";
    this.#living = this.#living
      .then(() => this.#live(term))
      // A fault of ours must not end the master either.
      .catch((thrown: unknown) => this.#fail(term, toAlohaError(thrown).message));
  }

  /** Lets it handle what it was sent. Resolves once its process is gone. */
  async close(): Promise<void> {
    this.#stop();
    await this.#session?.close();
    await this.#living;
  }

  /** Ends it at once: what it does no longer counts. */
  kill(): void {
    this.#stop();
    this.#session?.kill("its master leads no more");
  }

  #stop(): void {
    this.#state = "STOPPED";
    this.#end(this.#term);
    for (const digest of Object.values(this.#digests)) digest.close();
    this.#endPause();
  }

  #end(term: Term | undefined): void {
    if (term === undefined) return;
    term.over = true;
    term.delivery.close();
  }

  async #live(term: Term): Promise<void> {
    const { settings, runtime } = this.#options;
    let delayMs = settings.restartDelayMs;
    while (!term.over) {
      const beganMs = runtime.clock.monotonicMs();
      const end = await this.#runOnce(term);
      this.#session = undefined;
      if (term.over) return;
      if (end.kind === "refused") {
        this.#fail(term, end.message);
        return;
      }
      this.#state = "RESTARTING";
      this.#restarts++;
      this.#lastError = end.why;
      this.#logger.info("A listener is started again", { why: end.why, afterMs: delayMs });
      this.#digests.ends.note(end.why);
      if (runtime.clock.monotonicMs() - beganMs >= wellAfterMs) delayMs = settings.restartDelayMs;
      await this.#pause(delayMs);
      delayMs = Math.min(2 * delayMs, settings.restartDelayMsMax);
    }
  }

  async #runOnce({ leadership, delivery }: Term): Promise<SessionEnd> {
    let session = this.#session;
    if (session === undefined) {
      this.#session = session = this.#startSession();
      const end = await session.load();
      if (end !== null) return end;
    }
    return session.run({
      start: {
        clusterId: leadership.clusterId,
        epoch: leadership.epoch.number,
        remembered: this.#remembered,
        newest: leadership.events.lastSequence,
        settings: this.#options.extensions,
      },
      delivery,
      begun: () => {
        if (this.#state !== "STOPPED") this.#state = "RUNNING";
        this.#remembered = delivery.position;
      },
      handled: (thrown) => {
        this.#remembered = delivery.position;
        if (thrown !== null) this.#noteThrown(thrown);
      },
    });
  }

  #startSession(): ListenerSession {
    const { reference, directories, settings, runtime } = this.#options;
    return new ListenerSession({
      reference,
      directories,
      settings,
      timers: runtime.timers,
      logger: this.#logger,
    });
  }

  /** Where the leadership has ended, so has the reading. */
  #failToRead(term: Term, error: AlohaError): void {
    if (term.over || error.code === "not-leader" || error.code === "not-ready") return;
    const why = `its events cannot be read: ${error.message}`;
    this.#fail(term, why);
    this.#session?.kill(why);
  }

  #fail(term: Term, message: string): void {
    this.#state = "FAILED";
    this.#lastError = message;
    this.#end(term);
    this.#logger.error("A listener stays down", { why: message });
    term.leadership.alert("listener-failed", `The listener ${this.name} stays down: ${message}`);
  }

  #noteThrown({ count, message }: Thrown): void {
    this.#errors += count;
    this.#lastError = message;
    this.#digests.thrown.note(message, count);
  }

  #miss({ reason, after, next }: MissedEvents): void {
    const count = reason === "other-history" ? 0 : next - after - 1;
    this.#missed += count;
    const why = {
      "not-kept": `the events after ${after} and before ${next} are not kept any more`,
      skipped: `its process ended again and again at event ${after + 1}`,
      "other-history": `it asked for the events after ${after}, which is none of this cluster; it goes on with ${next}`,
    }[reason];
    this.#lastError = why;
    this.#digests.missed.note(why);
  }

  /** Into the log and among the events, seldom enough that a listener in trouble is no trouble for others. */
  #digest(code: string, what: (count: number) => string): Digest {
    return new Digest({
      periodMs: alertPeriodMs,
      timers: this.#options.runtime.timers,
      tell: (count, message) => {
        const text = `The listener ${this.name} ${what(count)}: ${message}`;
        this.#logger.warn(text);
        this.#term?.leadership.alert(code, text.slice(0, alertLengthMax));
      },
    });
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.runtime.timers.after(delayMs, resolve, { keepAlive: false });
      this.#endPause = () => {
        timer.clear();
        resolve();
      };
    });
  }
}

/** Of the text of one alert. */
const alertLengthMax = 2_000;
