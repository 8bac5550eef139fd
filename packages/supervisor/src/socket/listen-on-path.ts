import { rmSync } from "node:fs";
import type { Server } from "node:net";

/** Listens on a socket in the file system. The caller holds the directory's lock, so one that is there belongs to nobody. */
export async function listenOnPath(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve());
  });
}
