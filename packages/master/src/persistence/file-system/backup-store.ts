import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AlohaError } from "@aloha/core";
import { freeBytes, syncDirectory } from "@aloha/runtime/node";
import type { StoreReport } from "./check-store.ts";
import { sizeOf } from "./size-of.ts";
import { checkStoreFile, copyStoreFile } from "./store-child.ts";
import { storeFiles } from "./store-files.ts";

export interface StoreBackup {
  readonly file: string;
  readonly bytes: number;
  readonly report: StoreReport;
}

/**
 * Copies the store of a recovery directory, as it is at one moment, into one file: `target`, or a file in it that is named
 * for the cluster and the time where `target` is a directory. A master may go on using the store. The copy is checked and synced
 * before it gets its name; nothing is overwritten. Rejects with AlohaError: `not-found`, `refused`, `store-corrupt`.
 */
export async function backupStore(options: {
  readonly directory: string;
  readonly target: string;
  /** For the name of the file. */
  readonly wallMs: number;
}): Promise<StoreBackup> {
  const { directory, target, wallMs } = options;
  const source = join(directory, storeFiles.data);
  const sourceBytes = await sizeOf(source);
  if (sourceBytes === 0)
    throw new AlohaError(
      "not-found",
      `There is no store in ${directory}. Name the master's recovery directory with --recovery-directory.`,
    );
  const intoDirectory = await isDirectory(target);
  const folder = intoDirectory ? target : dirname(target);
  if (!intoDirectory) await refuseExisting(target);
  await requireSpace(folder, sourceBytes);
  const partial = join(folder, `.aloha-backup-${process.pid}.partial`);
  try {
    await copyStoreFile(source, partial);
    if ((await sizeOf(partial)) === 0)
      throw new AlohaError("refused", `${folder} cannot be written.`);
    const report = await checkStoreFile(partial);
    refuseProblems(report, source);
    const file = intoDirectory
      ? join(folder, `aloha-${report.clusterId}-${compactTime(wallMs)}.mdb`)
      : target;
    await refuseExisting(file);
    await syncFile(partial);
    await rename(partial, file);
    await syncDirectory(folder);
    return { file, bytes: await sizeOf(file), report };
  } finally {
    await rm(partial, { force: true });
  }
}

/** Refuses a store that contradicts itself: what is wrong is named. */
export function refuseProblems(report: StoreReport, file: string): void {
  if (report.problems.length === 0) return;
  throw new AlohaError(
    "store-corrupt",
    `${file} contradicts itself:\n${report.problems.map((problem) => `  ${problem}`).join("\n")}`,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

async function refuseExisting(file: string): Promise<void> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new AlohaError("refused", `${file} exists already. A backup never overwrites anything.`);
}

/** The library would tell of a full disk by leaving a copy that is cut off. */
async function requireSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(folder).catch((thrown: unknown) => {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AlohaError("refused", `No backup can be written into ${folder}: ${reason}`, {
      cause: thrown,
    });
  });
  if (free < bytes)
    throw new AlohaError(
      "refused",
      `A backup may take ${bytes} bytes, and the disk of ${folder} has ${free} left.`,
    );
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `yyyyMMddHHmmss` in UTC. */
function compactTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replaceAll(/\D/g, "").slice(0, 14);
}
