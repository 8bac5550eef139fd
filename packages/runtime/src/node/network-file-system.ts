import { statfs } from "node:fs/promises";

/**
 * Magic numbers of file systems on which a lock or a synced write of one host does not bind
 * another (statfs(2), linux/magic.h; Lustre, GPFS and BeeGFS from their sources).
 */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x517b, "SMB"],
  [0x5346414f, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "CephFS"],
  [0x01021997, "9P"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x19830326, "BeeGFS"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  // FUSE carries sshfs, GlusterFS and s3fs, and nothing tells them apart from a local one.
  [0x65735546, "FUSE"],
]);

/** The name of the network file system that holds `path` (which must exist), or undefined if it is local. */
export async function networkFileSystem(path: string): Promise<string | undefined> {
  const { type } = await statfs(path);
  return networkFileSystemName(type);
}

/** The name that belongs to a magic number of statfs(2), or undefined for a local file system. */
export function networkFileSystemName(magic: number): string | undefined {
  // Some platforms hand the number out as a signed 32-bit one.
  return NETWORK_FILE_SYSTEMS.get(magic >>> 0);
}

/**
 * Throws if `path` (which must exist) lies on a network file system, where a kernel-held lock
 * does not exclude other hosts and a synced write may not be on disk.
 */
export async function refuseNetworkFileSystem(path: string): Promise<void> {
  const name = await networkFileSystem(path);
  if (name === undefined) return;
  throw new Error(
    `${path} is on a network file system (${name}), where locks and synced writes cannot be relied on. ` +
      `Choose a directory on a local disk.`,
  );
}
