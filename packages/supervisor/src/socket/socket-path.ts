import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { AlohaError } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";

/** sun_path holds 108 bytes with the final NUL; Node cuts longer paths without a word. */
const SOCKET_PATH_BYTES_MAX = 107;

/** TMPFS_MAGIC of statfs(2). */
const TMPFS_MAGIC = 0x01021994;

/**
 * Where the supervisor of a state directory listens: a short path below XDG_RUNTIME_DIR, /run or
 * /tmp, in a directory that only this user can enter. Throws AlohaError if there is no such place.
 */
export function supervisorSocketPath(directory: string): string {
  const path = join(
    privateDirectory(),
    `${createHash("sha256").update(realpathSync(directory)).digest("hex").slice(0, 16)}.sock`,
  );
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  throw new AlohaError(
    "invalid-argument",
    `The socket path ${path} is longer than ${SOCKET_PATH_BYTES_MAX} bytes. Set XDG_RUNTIME_DIR to a shorter one.`,
  );
}

/**
 * Where the hosts that applications share connect to. They may run as other accounts, so the directory can be
 * entered by all, but not listed: whoever is not told the name, which nobody can guess, does not find the
 * socket. What an earlier supervisor left there is removed. Throws AlohaError if there is no such place.
 */
export function hostSocketPath(socketPath: string, nonce: string): string {
  const directory = `${dirname(socketPath)}-hosts`;
  const prefix = basename(socketPath, ".sock");
  const refusal = claim(directory, 0o711);
  if (refusal !== null) throw new AlohaError("refused", `${directory} cannot be used: ${refusal}.`);
  for (const name of readdirSync(directory)) {
    if (name.startsWith(`${prefix}-`)) rmSync(join(directory, name), { force: true });
  }
  const path = join(directory, `${prefix}-${nonce}`);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  throw new AlohaError(
    "invalid-argument",
    `The socket path ${path} is longer than ${SOCKET_PATH_BYTES_MAX} bytes. Set XDG_RUNTIME_DIR to a shorter one.`,
  );
}

/** Where the spawn agent listens: no longer than the supervisor's path, which is as long as it may be. */
export function agentSocketPath(socketPath: string): string {
  return `${socketPath.replace(/\.sock$/, "")}.agnt`;
}

/**
 * Path prefix for the small files that are made and removed all the time: on a file system in
 * memory where there is one, which is fast, and does not fill up when the disk does.
 */
export function volatilePrefix(socketPath: string): string {
  const beside = dirname(socketPath);
  if (isInMemory(beside)) return socketPath;
  const shared = `/dev/shm/aloha-${userId()}`;
  if (!isInMemory("/dev/shm") || claim(shared) !== null) return socketPath;
  return join(shared, createHash("sha256").update(socketPath).digest("hex").slice(0, 16));
}

function isInMemory(directory: string): boolean {
  try {
    return statfsSync(directory).type === TMPFS_MAGIC;
  } catch {
    // No such directory.
    return false;
  }
}

function userId(): number {
  return process.getuid?.() ?? 0;
}

function privateDirectory(): string {
  const candidates = [process.env["XDG_RUNTIME_DIR"], "/run"].filter(
    (base) => base !== undefined && base !== "",
  );
  const directories = [...candidates.map((base) => join(base!, "aloha")), `/tmp/aloha-${userId()}`];
  const refusals: string[] = [];
  for (const directory of directories) {
    const refusal = claim(directory);
    if (refusal === null) return directory;
    refusals.push(`${directory}: ${refusal}`);
  }
  throw new AlohaError(
    "refused",
    `There is no safe directory for the supervisor's socket (${refusals.join("; ")}).`,
  );
}

/** Null if the directory is ours alone. Anyone can make one in /tmp first, so it is looked at, not trusted. */
function claim(directory: string, mode = 0o700): string | null {
  try {
    mkdirSync(directory, { mode });
    // The umask may have taken some of it.
    chmodSync(directory, mode);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") return String(errorCode(error) ?? error);
  }
  const stats = lstatSync(directory);
  if (!stats.isDirectory()) return "not a directory";
  if (stats.uid !== userId()) return `belongs to uid ${stats.uid}`;
  const wanted = mode.toString(8).padStart(4, "0");
  return (stats.mode & 0o777 & ~mode) === 0
    ? null
    : `open to other users; remove it or chmod it to ${wanted}`;
}
