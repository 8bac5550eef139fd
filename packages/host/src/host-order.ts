import type { ApplicationDescription } from "@aloha/sdk";

import type { OutputLimits } from "./shared/file-output.ts";

/** One attempt of an application that is code: what the worker tells a host to run. */
export interface HostOrder {
  /** The attempt's key: `clusterId/appId/n`. */
  readonly attempt: string;
  /** Absolute, without links. */
  readonly modulePath: string;
  readonly exportName: string;
  readonly applicationDir: string;
  readonly description: ApplicationDescription;
  /** How its output is rolled, where the host writes it. */
  readonly logs: OutputLimits;
  /** The worker's `aloha.x.*` settings. */
  readonly conf: Readonly<Record<string, string>>;
}

/** What an order is sent and stored as. */
export function encodeHostOrder(order: HostOrder): string {
  return JSON.stringify(order);
}

/** The order that `text`, written by the worker of the same release, holds. Throws Error if it holds none. */
export function decodeHostOrder(text: string): HostOrder {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && "attempt" in value && "modulePath" in value) {
    return value as HostOrder;
  }
  throw new Error("this is not an order to a host");
}
