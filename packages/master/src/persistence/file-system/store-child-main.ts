/**
 * `check <file>` prints a StoreReport as JSON; `copy <file> <target>` makes a consistent, compact copy while a master may
 * write on. A process of its own, since damaged pages can end it without a word (see `read-store-main.ts`).
 */
import { AlohaError } from "@aloha/core";
import { open } from "lmdb";
import { checkStore } from "./check-store.ts";

process.umask(0o077);
const [action, file = "", target = ""] = process.argv.slice(2);
try {
  if (action === "check") process.stdout.write(JSON.stringify(checkStore(file)));
  else await copy();
} catch (error) {
  const code = error instanceof AlohaError ? error.code : "store-corrupt";
  const message = error instanceof Error ? error.message : String(error);
  process.stdout.write(JSON.stringify({ code, message }));
  process.exitCode = 1;
}

async function copy(): Promise<void> {
  const root = open<Buffer, string>({
    path: file,
    noSubdir: true,
    readOnly: true,
    maxDbs: 16,
    encoding: "binary",
    cache: false,
  });
  // Without copying of pages that are free, what is read is exactly what a reader would reach. It tells of no error.
  await root.backup(target, true);
  await root.close();
}
