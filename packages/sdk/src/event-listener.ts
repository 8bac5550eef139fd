import type { AlohaEvent } from "@aloha/core";

/** An application changed its state; `from` is null when it was submitted. */
export type ApplicationStateChanged = Extract<AlohaEvent, { kind: "application-state-changed" }>;

/** An attempt of an application ended, and another follows. */
export type ApplicationRelaunched = Extract<AlohaEvent, { kind: "application-relaunched" }>;

/** What happened to workers, masters and the cluster. */
export type OtherEvent = Exclude<AlohaEvent, ApplicationStateChanged | ApplicationRelaunched>;

/**
 * Hears every change in a cluster, in order. Named in `aloha.extraListeners`. Each method may
 * return a promise: the next event follows when it has settled.
 */
export interface AlohaEventListener {
  onApplicationStateChange?(event: ApplicationStateChanged): void | Promise<void>;
  onApplicationRelaunched?(event: ApplicationRelaunched): void | Promise<void>;
  onOtherEvent?(event: OtherEvent): void | Promise<void>;
}
