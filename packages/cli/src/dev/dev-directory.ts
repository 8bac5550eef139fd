import { existsSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AlohaError } from "@aloha/core/vocabulary";
import { acquireFileLock, refuseNetworkFileSystem } from "@aloha/runtime/node";
import type { FileLock } from "@aloha/runtime/node";

/** The directories of one `aloha dev`, and the lock that keeps a second one out of them. */
export interface DevDirectory {
  readonly path: string;
  readonly recovery: string;
  readonly work: string;
  readonly logs: string;
  /** Holds `aloha-default.conf` if the user put one there; the checkout's own does not apply. */
  readonly configuration: string;
  /** An earlier run was here: daemons of it may still be stopping. */
  readonly wasUsed: boolean;
  readonly lock: FileLock;
}

const lockName = "dev.lock";

/** Makes and locks the directories. Throws AlohaError that says what to do if that cannot be. */
export async function openDevDirectory(path: string): Promise<DevDirectory> {
  const inside = (name: string): string => join(path, name);
  const directories = {
    path,
    recovery: inside("recovery"),
    work: inside("work"),
    logs: inside("logs"),
    configuration: inside("conf"),
  };
  const wasUsed = existsSync(inside(lockName));
  try {
    for (const directory of Object.values(directories)) await mkdir(directory, { recursive: true });
    for (const directory of Object.values(directories)) await access(directory, constants.W_OK);
    await refuseNetworkFileSystem(path);
  } catch (error) {
    throw unusable(path, error);
  }
  return { ...directories, wasUsed, lock: await lockDirectory(path) };
}

async function lockDirectory(path: string): Promise<FileLock> {
  let result: Awaited<ReturnType<typeof acquireFileLock>>;
  try {
    result = await acquireFileLock(join(path, lockName), { purpose: "aloha dev" });
  } catch (error) {
    throw unusable(path, error);
  }
  if (result.kind === "acquired") return result.lock;
  throw new AlohaError(
    "conflict",
    `${result.message.replace(/\.$/, "")}. An \`aloha dev\` already uses ${path}: use that one, stop it, or give this one another directory with --dir.`,
  );
}

function unusable(path: string, error: unknown): AlohaError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AlohaError(
    "invalid-argument",
    `${path} cannot be used: ${reason}. Name a directory that can be written with --dir.`,
    { cause: error },
  );
}
