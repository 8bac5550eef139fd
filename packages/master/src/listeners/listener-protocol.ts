/** What a master and a listener's process say to each other. Both are of one version: the master starts the process. */
import type { AlohaEvent } from "@aloha/core";
import type { ListenerStart, MissedEvents } from "@aloha/sdk";
import type { ModuleDirectories } from "../modules/import-module.ts";
import type { ModuleReference } from "../modules/module-reference.ts";

/** What a listener gets, one after the other. Ids rise by one within one listener, across its processes. */
export type DeliveryItem =
  | { readonly kind: "event"; readonly id: number; readonly event: AlohaEvent }
  | { readonly kind: "missed"; readonly id: number; readonly missed: MissedEvents };

/** A `ListenerStart` as it travels. */
export type StartMessage = Omit<ListenerStart, "conf"> & {
  readonly settings: Readonly<Record<string, string>>;
};

export type ToListener =
  /** Import the module and find the listener in it. */
  | {
      readonly kind: "load";
      readonly reference: ModuleReference;
      readonly directories: ModuleDirectories;
    }
  /** Construct it, and say where it resumes. */
  | { readonly kind: "begin"; readonly start: StartMessage }
  | { readonly kind: "deliver"; readonly items: readonly DeliveryItem[] }
  /** Say something, if you still can. */
  | { readonly kind: "ping" }
  /** Handle what was delivered, then close and end. */
  | { readonly kind: "close" };

/** What handlers threw since the last message. */
export interface Thrown {
  readonly count: number;
  /** Of the last one. */
  readonly id: number;
  readonly message: string;
}

export type FromListener =
  | { readonly kind: "loaded" }
  /** It cannot be loaded, or is no listener: trying again would not help. */
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "begun"; readonly resumeAfter: number | null }
  /** Everything up to this item is handled. */
  | { readonly kind: "handled"; readonly id: number; readonly thrown: Thrown | null }
  | { readonly kind: "pong" }
  /** It cannot begin; the process ends. */
  | { readonly kind: "failed"; readonly message: string };

/** Whether a message may have come from `listener-main`: code of others runs in that process too. */
export function isFromListener(message: unknown): message is FromListener {
  if (typeof message !== "object" || message === null || !("kind" in message)) return false;
  const fields: Readonly<Record<string, unknown>> = { ...message };
  switch (fields["kind"]) {
    case "loaded":
    case "pong":
      return true;
    case "refused":
    case "failed":
      return typeof fields["message"] === "string";
    case "begun":
      return fields["resumeAfter"] === null || isCount(fields["resumeAfter"]);
    case "handled":
      return isCount(fields["id"]) && isThrown(fields["thrown"]);
    default:
      return false;
  }
}

function isThrown(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== "object" || value === undefined) return false;
  const { count, id, message }: Readonly<Record<string, unknown>> = { ...value };
  return isCount(count) && isCount(id) && typeof message === "string";
}

/** Sequences and ids. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
