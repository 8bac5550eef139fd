import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AlohaError } from "@aloha/core";
import { copyStore, type CopiedStore } from "../copy-store.ts";
import { openFileSystemEngine } from "./open-store.ts";
import { sizeOf } from "./size-of.ts";
import { storeFiles } from "./store-files.ts";

/**
 * Copies the store of one recovery directory into another one that holds none, while no master uses either. Rejects with
 * AlohaError: `store-locked` while one does, `not-found` without a store, `refused` where one is already.
 */
export async function copyStoreDirectory(options: {
  readonly from: string;
  readonly to: string;
  /** Tells the epoch of the copy from any other of the same number. */
  readonly nonce: string;
}): Promise<CopiedStore> {
  const { from, to, nonce } = options;
  if (resolve(from) === resolve(to))
    throw new AlohaError("invalid-argument", "--from and --to name the same directory.");
  if ((await sizeOf(join(from, storeFiles.data))) === 0)
    throw new AlohaError("not-found", `There is no store in ${from}.`);
  for (const name of [storeFiles.data, storeFiles.clusterId]) {
    if ((await sizeOf(join(to, name))) > 0)
      throw new AlohaError("refused", `${to} holds a store already. Copy to a new directory.`);
  }
  const holder = { purpose: "aloha store copy", address: "-" };
  const source = await openFileSystemEngine({ directory: from, ...holder });
  try {
    const target = await openFileSystemEngine({ directory: to, ...holder });
    let copied: CopiedStore | undefined;
    try {
      copied = await copyStore(source, target, nonce);
      return copied;
    } finally {
      await target.close();
      // Half a store must not be taken for one.
      if (copied === undefined) await removeStore(to);
    }
  } finally {
    await source.close();
  }
}

async function removeStore(directory: string): Promise<void> {
  for (const name of [storeFiles.data, `${storeFiles.data}-lock`, storeFiles.clusterId])
    await rm(join(directory, name), { force: true });
}
