import { access, constants, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AlohaError, toAlohaError } from "@aloha/core";
import {
  acquireFileLock,
  refuseNetworkFileSystem,
  type FileLock,
  type FileLockResult,
} from "@aloha/runtime/node";

/** Where a worker keeps what is its own; applications get directories beside it. */
export interface WorkDirectory {
  /** Holds one directory an application, and `.aloha`. */
  readonly path: string;
  readonly identityPath: string;
  readonly journalPath: string;
  readonly supervisorPath: string;
  /** Held as long as this worker lives: one worker a work directory. */
  readonly lock: FileLock;
}

/** The lock of a work directory, for whoever waits for a worker to leave it. */
export function workDirectoryLockPath(directory: string): string {
  return join(resolve(directory), ".aloha", "lock");
}

/** The state directory of a work directory's supervisor, for whoever starts one. */
export function supervisorDirectory(directory: string): string {
  return join(resolve(directory), ".aloha", "supervisor");
}

/**
 * Makes the work directory if it is missing, and takes it for this process. Rejects with
 * AlohaError: `refused` if it cannot be written or lies on a network file system,
 * `store-locked` if another worker has it.
 */
export async function openWorkDirectory(directory: string): Promise<WorkDirectory> {
  const path = resolve(directory);
  const own = join(path, ".aloha");
  try {
    // Entered by every account that runs applications here, each of which has a directory of its own.
    await mkdir(path, { recursive: true, mode: 0o751 });
    // Before anything is made in it: of a read-only file system mkdir says that there is no such directory.
    await access(path, constants.W_OK | constants.X_OK);
    await mkdir(own, { recursive: true, mode: 0o750 });
    await refuseNetworkFileSystem(own);
  } catch (error) {
    const { message } = toAlohaError(error);
    throw new AlohaError(
      "refused",
      `The work directory ${path} cannot be used: ${message}. Choose another with --work-dir, or let this user write there.`,
      { cause: error },
    );
  }
  const locked = await lock(path);
  if (locked.kind === "held") {
    throw new AlohaError(
      "store-locked",
      `Another worker has the work directory ${path}: ${locked.message} Give each worker one of its own with --work-dir.`,
    );
  }
  return {
    path,
    identityPath: join(own, "identity.json"),
    journalPath: join(own, "journal"),
    supervisorPath: supervisorDirectory(path),
    lock: locked.lock,
  };
}

async function lock(path: string): Promise<FileLockResult> {
  try {
    return await acquireFileLock(workDirectoryLockPath(path), { purpose: "aloha worker" });
  } catch (error) {
    const { message } = toAlohaError(error);
    throw new AlohaError(
      "refused",
      `The work directory ${path} cannot be used: ${message}. See to the disk and its free space, then start the worker again; what runs here goes on under the supervisor.`,
      { cause: error },
    );
  }
}
