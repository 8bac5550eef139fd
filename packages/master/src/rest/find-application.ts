import { quote } from "@aloha/core";
import type { Leadership } from "../leadership.ts";
import type { StoredApplication } from "../persistence/engine.ts";
import { RequestError } from "./request-error.ts";

/** Throws `not-found` (404) if the store holds no such application. */
export async function findApplication(
  leadership: Leadership,
  appId: string,
): Promise<StoredApplication> {
  const stored = await leadership.read((engine) => engine.readApplication(appId));
  if (stored !== undefined) return stored;
  throw new RequestError(
    404,
    "not-found",
    `There is no application ${quote(appId)}, or it ended so long ago that it is no longer kept.`,
  );
}
