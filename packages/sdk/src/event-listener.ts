import type { AlohaEvent } from "@aloha/core";
import type { AlohaConf } from "./aloha-conf.ts";

/** An application changed its state; `from` is null when it was submitted. */
export type ApplicationStateChanged = Extract<AlohaEvent, { kind: "application-state-changed" }>;

/** An attempt of an application ended, and another follows. */
export type ApplicationRelaunched = Extract<AlohaEvent, { kind: "application-relaunched" }>;

/** What happened to workers, masters and the cluster. */
export type OtherEvent = Exclude<AlohaEvent, ApplicationStateChanged | ApplicationRelaunched>;

/** Where a listener begins: its class is constructed with this. */
export interface ListenerStart {
  /** The `aloha.x.*` settings of its master. What is secret comes better from the environment. */
  readonly conf: AlohaConf;
  /** Sequences count within one cluster: what a listener keeps of another one says nothing here. */
  readonly clusterId: string;
  /** The number of the leadership that runs this listener. */
  readonly epoch: number;
  /** The last event that this listener had handled as far as the master remembers; null if it never ran here. */
  readonly remembered: number | null;
  /** The newest event. */
  readonly newest: number;
}

/**
 * Events that a listener does not get: those after `after` and before `next`. Why:
 * - `not-kept`: it was further behind than the event log reaches back;
 * - `skipped`: handling this event ended the listener's process again and again;
 * - `other-history`: what it named to `resumeAfter` never happened in this cluster. It goes on with `next`, and
 *   how many events of the other history it lacks is not known.
 */
export interface MissedEvents {
  readonly reason: "not-kept" | "skipped" | "other-history";
  readonly after: number;
  readonly next: number;
}

/**
 * Hears every change in a cluster, in order. Named in `aloha.extraListeners`; where it is a class, constructed with a
 * `ListenerStart` when its master leads. It runs in a process of its own.
 *
 * Each method may return a promise: the next event follows when it has settled. What a method throws is logged and
 * counted, and the next event follows. A method that takes longer than `aloha.listeners.eventTimeout` ends the process,
 * which is then started again.
 *
 * Every event is delivered at least once, with the exceptions that `onMissed` is told of. After a crash of the listener
 * or of its master the events of about the last second may come again: `sequence` tells them. A listener that must
 * handle each once keeps the sequence together with what it does, and gives it to `resumeAfter`.
 */
export interface AlohaEventListener {
  /**
   * Called once in each process, before the first event. Returns the sequence of the last event handled: what follows
   * is delivered. Null: the master's memory decides, and at the very first start that means the events from this
   * leadership on. `start.newest` leaves out everything that was, 0 asks for everything that is still kept.
   */
  resumeAfter?(start: ListenerStart): number | null | Promise<number | null>;
  onApplicationStateChange?(event: ApplicationStateChanged): void | Promise<void>;
  onApplicationRelaunched?(event: ApplicationRelaunched): void | Promise<void>;
  onOtherEvent?(event: OtherEvent): void | Promise<void>;
  /** There is a gap before the next event. Whoever folds events to a state reads it anew from the master. */
  onMissed?(missed: MissedEvents): void | Promise<void>;
  /** The master stops in order: a few seconds to write what is still in memory. Not called after a crash. */
  close?(): void | Promise<void>;
}
