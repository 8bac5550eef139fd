import { AlohaError } from "@aloha/core";
import type { Runtime } from "@aloha/runtime";
import { Accounts } from "./accounts.ts";

/**
 * Finds out as whom this process runs and can run others. Rejects with AlohaError if the default account is
 * none of this host, or cannot be taken; says loudly where applications would run as root for want of one.
 */
export async function openAccounts(
  workerId: string,
  defaultUser: string | null,
  { clock, logger }: Runtime,
): Promise<Accounts> {
  const ownUid = process.getuid?.() ?? 0;
  const accounts = new Accounts({ workerId, defaultUser, ownUid, clock });
  const resolved = await accounts.resolve(null);
  if (resolved.kind === "refused")
    throw new AlohaError("refused", `aloha.worker.defaultUser: ${resolved.message}`);
  if (ownUid === 0 && resolved.account === null) {
    logger.warn(
      "This worker runs as root, and so does every application that names no user. Set aloha.worker.defaultUser to an account without rights",
    );
  }
  return accounts;
}
