import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { HostAccount } from "./read-account.ts";

/** Why an account cannot come to `path`: a directory on the way that it may not enter; undefined if it can. */
export async function findObstacle(
  account: HostAccount,
  path: string,
): Promise<string | undefined> {
  for (let directory = path; ; directory = dirname(directory)) {
    const { mode, uid, gid } = await stat(directory);
    if (!mayEnter(account, mode, uid, gid)) {
      return `The account ${account.name} may not enter ${directory} (mode ${(mode & 0o7777).toString(8)}), in or below which its work directory lies. Let it (chmod o+x ${directory}), or give the worker another work directory.`;
    }
    if (directory === dirname(directory)) return undefined;
  }
}

/** The execute bit of the one class that counts (path_resolution(7)). */
function mayEnter(account: HostAccount, mode: number, uid: number, gid: number): boolean {
  if (account.uid === 0) return true;
  if (account.uid === uid) return (mode & 0o100) !== 0;
  if (account.gid === gid || account.groups.includes(gid)) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
