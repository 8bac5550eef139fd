import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { ProcessIdentity } from "../process-identity.ts";
import { errorCode } from "./error-code.ts";
import { currentBootId, isRunning, processIdentity } from "./process-table.ts";

/** Who holds a lock, as written in the lock file for people and for error messages. */
export interface LockHolder extends ProcessIdentity {
  /** What it is, for instance "aloha master". */
  readonly purpose: string;
  /** Where it can be reached, if anywhere. */
  readonly address?: string;
  /** When it took the lock (ISO 8601, its host's clock). */
  readonly since: string;
}

/** A lock held by this process until it is released or the process ends, however it ends. */
export interface FileLock {
  readonly path: string;
  /**
   * `kernel`: the kernel holds it, so that it excludes everyone and vanishes with this process.
   * `identity`: there is no `flock` command here, and the lock rests on the pid written in the
   * file: two processes that start at the same moment may both get it. Worth a warning.
   */
  readonly guard: "kernel" | "identity";
  /** Gives the lock up. The file stays: deleting it would let two processes lock two files. */
  release(): Promise<void>;
}

/** What acquireFileLock answers: the lock, or who has it. */
export type FileLockResult =
  | { readonly kind: "acquired"; readonly lock: FileLock }
  | {
      readonly kind: "held";
      /** Undefined while the holder has not written its name yet. */
      readonly holder: LockHolder | undefined;
      /** One sentence for people: who holds what. */
      readonly message: string;
    };

/** Options of acquireFileLock. */
export interface FileLockOptions {
  /** What this process is, for instance "aloha master": shown to whoever finds the lock taken. */
  readonly purpose: string;
  readonly address?: string;
  /** The command that asks the kernel, `flock` from util-linux or busybox. */
  readonly flockCommand?: string;
}

/**
 * The locked files of this process. Node closes a file handle that nobody refers to any more, and the lock would
 * vanish with it although nobody released it.
 */
const lockedFiles = new Set<FileHandle>();

/** How often a lock file that is replaced while it is being locked is opened anew. */
const REPLACED_RETRIES_MAX = 5;

/** A lock file holds one line; whatever is longer was not written by Aloha. */
const HOLDER_BYTES_MAX = 4096;

/**
 * Takes an exclusive lock on `path` (created with mode 0600 if missing) without waiting.
 *
 * Node has no flock(2), so `flock` is started with our open file as its descriptor 3. Such a
 * lock belongs to the open file description, not to the process that asked: it stays when the
 * command ends, and goes when our descriptor does. Children of this process do not inherit it
 * (descriptors are close-on-exec). Rejects if the file cannot be opened or written. Network file
 * systems must be refused before: there the lock may bind one host only.
 */
export async function acquireFileLock(
  path: string,
  options: FileLockOptions,
): Promise<FileLockResult> {
  for (let attempt = 0; attempt <= REPLACED_RETRIES_MAX; attempt++) {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const outcome = await lockOpenFile(file, path, options);
      if (outcome === "replaced") {
        await file.close();
        continue;
      }
      if (outcome.kind === "held") await file.close();
      return outcome;
    } catch (error) {
      await file.close();
      throw new Error(`Cannot lock ${path}: ${messageOf(error)}`, { cause: error });
    }
  }
  throw new Error(`Cannot lock ${path}: the file is being replaced again and again.`);
}

async function lockOpenFile(
  file: FileHandle,
  path: string,
  options: FileLockOptions,
): Promise<FileLockResult | "replaced"> {
  const answer = await askKernel(file.fd, options.flockCommand ?? "flock");
  if (answer === "taken") return heldBy(path, await readHolder(file));
  if (answer === "unavailable") {
    const holder = await readHolder(file);
    if (holder !== undefined && holder.pid !== process.pid && isRunning(holder)) {
      return heldBy(path, holder);
    }
  }
  if (!(await isStillAt(file, path))) return "replaced";
  await writeHolder(file, ownHolder(options));
  lockedFiles.add(file);
  return {
    kind: "acquired",
    lock: {
      path,
      guard: answer === "locked" ? "kernel" : "identity",
      release: () => release(file),
    },
  };
}

/** Runs `flock -x -n 3` with `descriptor` as its descriptor 3; exit code 1 means that someone else has it. */
async function askKernel(
  descriptor: number,
  command: string,
): Promise<"locked" | "taken" | "unavailable"> {
  const child = spawn(command, ["-x", "-n", "3"], {
    stdio: ["ignore", "ignore", "pipe", descriptor],
  });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  return await new Promise((resolve, reject) => {
    child.once("error", (error) =>
      errorCode(error) === "ENOENT" ? resolve("unavailable") : reject(error),
    );
    child.once("close", (code, signal) => {
      if (code === 0) resolve("locked");
      else if (code === 1) resolve("taken");
      else reject(new Error(`${command} ended with ${code ?? signal}: ${complaint.trim()}`));
    });
  });
}

/** Whether `path` still names the file that was opened: a lock on a deleted file excludes nobody. */
async function isStillAt(file: FileHandle, path: string): Promise<boolean> {
  const opened = await file.stat();
  try {
    const named = await stat(path);
    return named.ino === opened.ino && named.dev === opened.dev;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function ownHolder(options: FileLockOptions): LockHolder {
  const identity = processIdentity(process.pid);
  return {
    pid: process.pid,
    startTicks: identity?.startTicks ?? 0,
    bootId: currentBootId(),
    purpose: options.purpose,
    ...(options.address === undefined ? {} : { address: options.address }),
    since: new Date().toISOString(),
  };
}

async function writeHolder(file: FileHandle, holder: LockHolder): Promise<void> {
  const line = Buffer.from(`${JSON.stringify(holder)}\n`);
  await file.truncate(0);
  await file.write(line, 0, line.length, 0);
  await file.datasync();
}

/** The name is cleared first, so that a lock nobody holds names nobody. */
async function release(file: FileHandle): Promise<void> {
  if (!lockedFiles.delete(file)) return;
  try {
    await file.truncate(0);
  } finally {
    await file.close();
  }
}

async function readHolder(file: FileHandle): Promise<LockHolder | undefined> {
  const buffer = Buffer.alloc(HOLDER_BYTES_MAX);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  return parseHolder(buffer.toString("utf8", 0, bytesRead));
}

function parseHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Empty or half written: the holder is about to write its name.
    return undefined;
  }
  return isHolder(value) ? value : undefined;
}

function isHolder(value: unknown): value is LockHolder {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    typeof value.pid === "number" &&
    "startTicks" in value &&
    typeof value.startTicks === "number" &&
    "bootId" in value &&
    typeof value.bootId === "string" &&
    "purpose" in value &&
    typeof value.purpose === "string" &&
    "since" in value &&
    typeof value.since === "string" &&
    (!("address" in value) || typeof value.address === "string")
  );
}

function heldBy(path: string, holder: LockHolder | undefined): FileLockResult {
  const who =
    holder === undefined
      ? "a process that has not written its name yet"
      : `pid ${holder.pid}, ${holder.purpose}${holder.address === undefined ? "" : ` at ${holder.address}`}, since ${holder.since}`;
  return { kind: "held", holder, message: `${path} is held by ${who}.` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
