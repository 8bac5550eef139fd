import type { AlohaEventListener, ListenerStart } from "@aloha/sdk";
import { isConstructor, type Fit, type WantedExport } from "../modules/pick-export.ts";

const handlers = [
  "onApplicationStateChange",
  "onApplicationRelaunched",
  "onOtherEvent",
  "onMissed",
] as const satisfies readonly (keyof AlohaEventListener)[];

const lacks = `it has none of ${handlers.join(", ")}`;

/** What a module of `aloha.extraListeners` has to export: an object that listens, or a class of such. */
export const wantedListener: WantedExport = { what: "a listener", lacks, fit };

function fit(value: unknown): Fit {
  if (isListener(value)) return "yes";
  if (!isConstructor(value)) return "no";
  // Methods that are fields of an instance show only once there is one.
  return isListener(value.prototype) ? "yes" : "maybe";
}

export function isListener(value: unknown): value is AlohaEventListener {
  if (typeof value !== "object" || value === null) return false;
  const methods: Readonly<Record<string, unknown>> = value as Readonly<Record<string, unknown>>;
  return handlers.some((name) => typeof methods[name] === "function");
}

/** The listener itself. Null: what the class constructs is none. Throws what its constructor throws. */
export function makeListener(exported: unknown, start: ListenerStart): AlohaEventListener | null {
  const made = isConstructor(exported) ? new exported(start) : exported;
  return isListener(made) ? made : null;
}

export function notAListener(reference: string): string {
  return `${reference} cannot be used: what its class constructs is not a listener: ${lacks}.`;
}
