import type * as fileSystem from "node:fs/promises";
import {
  networkFileSystem,
  networkFileSystemName,
  refuseNetworkFileSystem,
} from "@aloha/runtime/node";
import { expect, test, vi } from "vitest";
import { temporaryDirectory } from "../temporary-directory.ts";

vi.mock("node:fs/promises", async (importOriginal) => {
  const original = await importOriginal<typeof fileSystem>();
  return {
    ...original,
    statfs: async (path: string) =>
      path === "/on/nfs" ? { type: 0x6969 } : await original.statfs(path),
  };
});

test.each([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xff534d42 | 0, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x65735546, "FUSE"],
])("the magic number %i is that of %s", (magic, name) => {
  expect(networkFileSystemName(magic)).toBe(name);
});

test.each([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630])(
  "ext4, XFS, Btrfs, tmpfs and overlay are local (%i)",
  (magic) => {
    expect(networkFileSystemName(magic)).toBeUndefined();
  },
);

test("a local directory is accepted", async () => {
  const directory = temporaryDirectory();
  expect(await networkFileSystem(directory)).toBeUndefined();
  await refuseNetworkFileSystem(directory);
});

test("a directory on NFS is refused with its name and what to do", async () => {
  await expect(refuseNetworkFileSystem("/on/nfs")).rejects.toThrow(
    /^\/on\/nfs is on a network file system \(NFS\).*Choose a directory on a local disk\.$/,
  );
});
