import { constants } from "node:fs";
import { access, chmod, mkdir, open, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { AlohaError, toAlohaError } from "@aloha/core";
import {
  acquireFileLock,
  errorCode,
  refuseNetworkFileSystem,
  writeFileDurably,
  type FileLock,
} from "@aloha/runtime/node";
import { FileSystemEngine } from "./file-system-engine.ts";
import { findDamage } from "./find-damage.ts";
import { readMetaPages } from "./meta-pages.ts";
import { sizeOf } from "./size-of.ts";
import { unreadable } from "./store-error.ts";
import {
  openTables,
  readEverything,
  storeFormatVersion,
  type StoreTables,
} from "./store-tables.ts";

/** Files of a recovery directory. */
export const storeFiles = {
  data: "data.mdb",
  lock: "master.lock",
  clusterId: "cluster-id",
  ballast: "ballast",
} as const;

/**
 * Opens the store in `directory`, which is made if it is missing. Rejects with one clear AlohaError:
 * `store-locked` if another master has it, `incompatible` if a newer version wrote it, `store-corrupt` if it
 * cannot be read, `store-failed` if the directory cannot be used at all. Nothing is deleted in any of these cases.
 */
export async function openFileSystemEngine(options: {
  readonly directory: string;
  /** Where this master listens: shown to whoever finds the store locked. */
  readonly address: string;
}): Promise<FileSystemEngine> {
  const { directory } = options;
  await prepareDirectory(directory);
  const lock = await lockDirectory(directory, options.address);
  try {
    const tables = await openDatabase(directory);
    return new FileSystemEngine({
      tables,
      directory,
      founded: (clusterId) =>
        writeFileDurably(join(directory, storeFiles.clusterId), `${clusterId}\n`),
      released: () => lock.release(),
    });
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    await refuseNetworkFileSystem(directory);
  } catch (thrown) {
    const code = errorCode(thrown);
    const why =
      code === undefined && thrown instanceof Error
        ? thrown.message
        : `it cannot be made or written (${code ?? String(thrown)})`;
    throw new AlohaError(
      "store-failed",
      `The recovery directory ${directory} cannot be used: ${why}. Set aloha.deploy.recoveryDirectory to a local directory that this user may write.`,
      { cause: thrown },
    );
  }
}

async function lockDirectory(directory: string, address: string): Promise<FileLock> {
  const result = await acquireFileLock(join(directory, storeFiles.lock), {
    purpose: "aloha master",
    address,
  }).catch((thrown: unknown) => {
    const { message } = toAlohaError(thrown);
    throw new AlohaError(
      "store-failed",
      `The recovery directory ${directory} cannot be used: ${message}. See to the disk and its free space, then start the master again.`,
      { cause: thrown },
    );
  });
  if (result.kind === "acquired") return result.lock;
  throw new AlohaError(
    "store-locked",
    `Another master uses this recovery directory: ${result.message} Stop it first, or choose another directory.`,
  );
}

async function openDatabase(directory: string): Promise<StoreTables> {
  const file = join(directory, storeFiles.data);
  const missingBytes = await checkFile(directory, file);
  let tables: StoreTables | undefined;
  try {
    await refuseDamaged(file);
    tables = openTables(file);
    // The directory may be somebody else's and open to others; what users put into an environment is not theirs to read.
    await chmod(file, 0o600);
    checkFormat(tables, directory);
    if (missingBytes > 0) readEverything(tables);
    return tables;
  } catch (thrown) {
    await tables?.root.close();
    if (missingBytes > 0) await truncate(file, (await sizeOf(file)) - missingBytes);
    throw unreadable(thrown, directory);
  }
}

/**
 * Looks at the file before LMDB maps it: touching a mapped page behind the end of a file ends the process without a
 * word. A file shorter than it says is padded with zeros, which LMDB recognises as no page of its own, and then read as a
 * whole: pages that a transaction set aside and never wrote are no damage. Returns the bytes added.
 */
async function checkFile(directory: string, file: string): Promise<number> {
  const size = await sizeOf(file);
  if (size === 0) {
    const clusterId = await readFile(join(directory, storeFiles.clusterId), "utf8").catch(
      () => undefined,
    );
    if (clusterId === undefined) return 0;
    throw unreadable(
      new AlohaError(
        "store-corrupt",
        `it belongs to cluster ${clusterId.trim()}, and ${storeFiles.data} is missing or empty`,
      ),
      directory,
    );
  }
  const handle = await open(file, "r+");
  try {
    const meta = await readMetaPages(handle);
    if (meta === undefined)
      throw unreadable(
        new AlohaError("store-corrupt", `${storeFiles.data} does not begin as a store does`),
        directory,
      );
    if (size >= meta.bytes) return 0;
    await handle.truncate(meta.bytes);
    return meta.bytes - size;
  } finally {
    await handle.close();
  }
}

async function refuseDamaged(file: string): Promise<void> {
  if ((await sizeOf(file)) === 0) return;
  const damage = await findDamage(file);
  if (damage !== null) throw new AlohaError("store-corrupt", damage);
}

function checkFormat(tables: StoreTables, directory: string): void {
  const format = tables.format.get("format");
  if (format === undefined) {
    // A master that was killed before its first commit leaves tables without a format, and without anything else.
    if (tables.cluster.get("cluster") === undefined) return;
    throw new AlohaError("store-corrupt", "it does not say its format");
  }
  if (format.version <= storeFormatVersion) return;
  throw new AlohaError(
    "incompatible",
    `The store in ${directory} was written by a newer version of Aloha (format ${format.version}; this version reads up to ${storeFormatVersion}). Start that version again, or choose another recovery directory.`,
  );
}
