import { copyFile, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AlohaError, invariant } from "@aloha/core";
import { errorCode, syncDirectory, writeFileDurably } from "@aloha/runtime/node";
import { refuseProblems } from "./backup-store.ts";
import type { StoreReport } from "./check-store.ts";
import { lockDirectory, prepareDirectory } from "./recovery-directory.ts";
import { sizeOf } from "./size-of.ts";
import { checkStoreFile } from "./store-child.ts";
import { storeFiles } from "./store-files.ts";
import { openTables } from "./store-tables.ts";

/**
 * How far a restored store goes on beyond its backup. Since the backup was made, workers have seen later epochs, and would
 * refuse a master with an earlier one; numbers of applications were given; and readers have seen later events.
 */
const aheadOfBackup = 1_000_000;

/**
 * Makes a store out of a backup in a recovery directory that holds none. The restored master leads in an epoch, and gives
 * numbers, above all that were there since the backup; what events were there is a gap to their readers. Rejects with
 * AlohaError: `refused` where a store is, `store-locked` where a master is, and whatever is wrong with the backup.
 */
export async function restoreStore(options: {
  readonly backup: string;
  readonly directory: string;
  /** When this happens, for the event that tells of it. */
  readonly wallMs: number;
}): Promise<StoreReport> {
  const { backup, directory, wallMs } = options;
  await requireFile(backup);
  refuseProblems(await checkStoreFile(backup), backup);
  await prepareDirectory(directory);
  const lock = await lockDirectory(directory, { purpose: "aloha store restore", address: "-" });
  try {
    await refuseUsed(directory);
    return await restoreInto(directory, backup, wallMs);
  } finally {
    await lock.release();
  }
}

async function restoreInto(
  directory: string,
  backup: string,
  wallMs: number,
): Promise<StoreReport> {
  const partial = join(directory, `${storeFiles.data}.partial`);
  const data = join(directory, storeFiles.data);
  try {
    await copyFile(backup, partial);
    await moveAhead(partial, wallMs);
    const report = await checkStoreFile(partial);
    refuseProblems(report, partial);
    await writeFileDurably(join(directory, storeFiles.clusterId), `${report.clusterId}\n`);
    const handle = await open(partial, "r");
    await handle.sync();
    await handle.close();
    await rename(partial, data);
    await syncDirectory(directory);
    return report;
  } catch (thrown) {
    // Without data this file would speak of a store that is lost.
    if ((await sizeOf(data)) === 0)
      await rm(join(directory, storeFiles.clusterId), { force: true });
    throw thrown;
  } finally {
    await rm(partial, { force: true });
    await rm(`${partial}-lock`, { force: true });
  }
}

/** Of the events only the one that tells of the restoration is left: whoever asks for an earlier one learns that they are missing. */
async function moveAhead(file: string, wallMs: number): Promise<void> {
  const tables = openTables(file);
  try {
    const cluster = tables.cluster.get("cluster");
    invariant(cluster !== undefined, "a checked backup names its cluster");
    const last = [...tables.events.getRange({ reverse: true, limit: 1 })][0]?.value.at(-1);
    const sequence = (last?.sequence ?? 0) + aheadOfBackup;
    await tables.root.childTransaction(() => {
      void tables.cluster.put("cluster", {
        ...cluster,
        epoch: { number: cluster.epoch.number + aheadOfBackup, nonce: "restored" },
        nextNumber: cluster.nextNumber + aheadOfBackup,
      });
      for (const key of tables.events.getKeys({})) void tables.events.remove(key);
      void tables.events.put(sequence, [
        {
          kind: "alert",
          sequence,
          atMs: wallMs,
          code: "store-restored",
          message:
            "The store was restored from a backup: what ended since then may run again, and what was accepted since then is unknown",
        },
      ]);
    });
  } finally {
    await tables.root.close();
  }
}

async function requireFile(backup: string): Promise<void> {
  try {
    await (await open(backup, "r")).close();
  } catch (thrown) {
    const reason = errorCode(thrown) ?? String(thrown);
    throw new AlohaError("not-found", `The backup ${backup} cannot be read (${reason}).`, {
      cause: thrown,
    });
  }
}

async function refuseUsed(directory: string): Promise<void> {
  for (const name of [storeFiles.data, storeFiles.clusterId]) {
    if ((await sizeOf(join(directory, name))) > 0)
      throw new AlohaError(
        "refused",
        `${directory} holds a store already. Move that directory away first; a restoration never overwrites anything.`,
      );
  }
}
