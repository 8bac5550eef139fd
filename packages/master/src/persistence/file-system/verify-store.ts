import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AlohaError } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";
import { refuseProblems } from "./backup-store.ts";
import type { StoreReport } from "./check-store.ts";
import { checkStoreFile } from "./store-child.ts";
import { storeFiles } from "./store-files.ts";

/**
 * Reads all of a backup, or of the store in a recovery directory, which a master may be using, and changes nothing. Rejects with
 * AlohaError: `not-found`, `store-corrupt` with what is wrong, `incompatible`.
 */
export async function verifyStore(
  path: string,
): Promise<{ readonly file: string; readonly report: StoreReport }> {
  const file = await storeFileOf(path);
  const report = await checkStoreFile(file);
  refuseProblems(report, file);
  return { file, report };
}

async function storeFileOf(path: string): Promise<string> {
  const file = (await statOf(path)).isDirectory() ? join(path, storeFiles.data) : path;
  await statOf(file);
  return file;
}

async function statOf(path: string): Promise<Awaited<ReturnType<typeof stat>>> {
  try {
    return await stat(path);
  } catch (thrown) {
    throw new AlohaError(
      "not-found",
      `There is no store at ${path} (${errorCode(thrown) ?? String(thrown)}). Name a backup, or a recovery directory.`,
      { cause: thrown },
    );
  }
}
