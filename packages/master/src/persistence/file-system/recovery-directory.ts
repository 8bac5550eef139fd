import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AlohaError, toAlohaError } from "@aloha/core";
import {
  acquireFileLock,
  errorCode,
  refuseNetworkFileSystem,
  type FileLock,
} from "@aloha/runtime/node";
import { storeFiles } from "./store-files.ts";

/** Makes the directory if it is missing. Rejects with `store-failed` if it cannot be used, or lies on a network file system. */
export async function prepareDirectory(directory: string): Promise<void> {
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

/** Takes the directory for this process. Rejects with `store-locked`, naming who has it, or `store-failed`. */
export async function lockDirectory(
  directory: string,
  holder: { readonly purpose: string; readonly address: string },
): Promise<FileLock> {
  const result = await acquireFileLock(join(directory, storeFiles.lock), holder).catch(
    (thrown: unknown) => {
      const { message } = toAlohaError(thrown);
      throw new AlohaError(
        "store-failed",
        `The recovery directory ${directory} cannot be used: ${message}. See to the disk and its free space, then start the master again.`,
        { cause: thrown },
      );
    },
  );
  if (result.kind === "acquired") return result.lock;
  throw new AlohaError(
    "store-locked",
    `Another master uses this recovery directory: ${result.message} Stop it first, or choose another directory.`,
  );
}
