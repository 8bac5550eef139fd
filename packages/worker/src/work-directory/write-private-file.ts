import { constants, open } from "node:fs/promises";
import type { Account } from "@aloha/core";

const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;

/** Writes a file that only `owner` can read (null: this process). The application can write into its directory: a link in the place of the file is refused. */
export async function writePrivateFile(
  path: string,
  text: string,
  owner: Pick<Account, "uid" | "gid"> | null,
): Promise<void> {
  const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    if (owner !== null) await file.chown(owner.uid, owner.gid);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
