import { chmod, open, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { AlohaError } from "@aloha/core";
import { writeFileDurably } from "@aloha/runtime/node";
import { FileSystemEngine } from "./file-system-engine.ts";
import { findDamage } from "./find-damage.ts";
import { readMetaPages } from "./meta-pages.ts";
import { lockDirectory, prepareDirectory } from "./recovery-directory.ts";
import { sizeOf } from "./size-of.ts";
import { unreadable } from "./store-error.ts";
import { storeFiles } from "./store-files.ts";
import { formatRefusal, storeFormats, type StoreFormats } from "./store-format.ts";
import { openTables, readEverything, type StoreTables } from "./store-tables.ts";

/**
 * Opens the store in `directory`, which is made if it is missing. Rejects with one clear AlohaError:
 * `store-locked` if another master has it, `incompatible` if a newer version wrote it, `store-corrupt` if it
 * cannot be read, `store-failed` if the directory cannot be used at all. Nothing is deleted in any of these cases.
 */
export async function openFileSystemEngine(options: {
  readonly directory: string;
  /** Where this master listens: shown to whoever finds the store locked. */
  readonly address: string;
  /** What else the holder of the lock is than a master. */
  readonly purpose?: string;
  readonly formats?: StoreFormats;
}): Promise<FileSystemEngine> {
  const { directory, address, purpose = "aloha master", formats = storeFormats } = options;
  await prepareDirectory(directory);
  const lock = await lockDirectory(directory, { purpose, address });
  try {
    const tables = await openDatabase(directory, formats);
    return new FileSystemEngine({
      tables,
      directory,
      formats,
      founded: (clusterId) =>
        writeFileDurably(join(directory, storeFiles.clusterId), `${clusterId}\n`),
      released: () => lock.release(),
    });
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function openDatabase(directory: string, formats: StoreFormats): Promise<StoreTables> {
  const file = join(directory, storeFiles.data);
  const missingBytes = await checkFile(directory, file);
  let tables: StoreTables | undefined;
  try {
    await refuseDamaged(file);
    tables = openTables(file);
    // The directory may be somebody else's and open to others; what users put into an environment is not theirs to read.
    await chmod(file, 0o600);
    checkFormat(tables, directory, formats);
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

function checkFormat(tables: StoreTables, directory: string, formats: StoreFormats): void {
  const format = tables.format.get("format");
  if (format === undefined) {
    // A master that was killed before its first commit leaves tables without a format, and without anything else.
    if (tables.cluster.get("cluster") === undefined) return;
    throw new AlohaError("store-corrupt", "it does not say its format");
  }
  const refusal = formatRefusal(format.version, directory, formats);
  if (refusal !== null) throw new AlohaError("incompatible", refusal);
}
