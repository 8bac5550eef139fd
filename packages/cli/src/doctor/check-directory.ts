import { access, constants, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errorCode, networkFileSystemName } from "@aloha/runtime/node";
import { failure, fine, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

const gibi = 1024 ** 3;
const mebi = 1024 ** 2;
/** A master below this takes nothing new (`space-guard.ts`: the free space that it keeps, and its ballast). */
const freeBytesMin = 128 * mebi;
const freeBytesWanted = 2 * gibi;
const freeFilesMin = 10_000;

/** f_type of statfs(2), linux/magic.h. */
const fileSystems: ReadonlyMap<number, string> = new Map([
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x2fc12fc1, "zfs"],
  [0xf2f52010, "f2fs"],
  [0x01021994, "tmpfs"],
  [0x794c7630, "overlay"],
]);
/** What is written there is gone after a restart of the host, or of the container. */
const passing: ReadonlySet<string> = new Set(["tmpfs", "overlay"]);

/** Whether a daemon could keep its files in a directory, which need not exist yet. */
export async function checkDirectory(
  check: string,
  directory: string,
  key: string,
): Promise<Finding> {
  const place = await existingPart(resolve(directory));
  try {
    await access(place, constants.W_OK | constants.X_OK);
  } catch (error) {
    return failure(
      check,
      `${directory} cannot be written (${errorCode(error) ?? String(error)} at ${place})`,
      `Let the daemon's user write there, or set ${key} to another directory.`,
    );
  }
  const { type, bavail, bsize, files, ffree } = await statfs(place);
  const network = networkFileSystemName(type);
  if (network !== undefined)
    return failure(
      check,
      `${directory} lies on a network file system (${network})`,
      `Set ${key} to a directory on a local disk: locks and synced writes do not hold across hosts.`,
    );
  const kind = fileSystems.get(type) ?? `file system 0x${type.toString(16)}`;
  const freeBytes = bavail * bsize;
  const found = `${directory}: ${kind}, ${amount(freeBytes)} free`;
  if (freeBytes < freeBytesMin)
    return failure(check, found, "Make room: nothing new is accepted below that.");
  if (freeBytes < freeBytesWanted) return warning(check, found, "Make room before it gets full.");
  if (files > 0 && ffree < freeFilesMin)
    return warning(check, `${found}, but only ${ffree} files can be made`, "Make room for files.");
  if (passing.has(kind))
    return warning(
      check,
      found,
      `It does not outlive ${kind === "tmpfs" ? "a restart of the host" : "the container"}: set ${key}, or mount a volume there.`,
    );
  return fine(check, found);
}

/** The directory itself, or the nearest one above it that there is. */
async function existingPart(directory: string): Promise<string> {
  for (let place = directory; ; place = dirname(place)) {
    const exists = await access(place).then(
      () => true,
      (error: unknown) => errorCode(error) !== "ENOENT",
    );
    if (exists || place === dirname(place)) return place;
  }
}

function amount(bytes: number): string {
  return bytes >= gibi ? `${(bytes / gibi).toFixed(1)} GiB` : `${Math.floor(bytes / mebi)} MiB`;
}
