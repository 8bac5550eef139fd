/**
 * Reads every value of the LMDB file that it is given, and ends with 0 if it came to the end. A process of its own: LMDB
 * trusts the pages it reads, and a damaged one leads it out of the mapped file, which ends the process without a word.
 */
import { open } from "lmdb";

try {
  readEverything(process.argv[2] ?? "");
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** Read-only, and without decoding: what cannot be decoded does no harm, and is met by whoever needs it. */
function readEverything(file: string): void {
  const root = open<Buffer, string>({
    path: file,
    noSubdir: true,
    readOnly: true,
    maxDbs: 16,
    encoding: "binary",
    cache: false,
  });
  for (const name of [...root.getKeys({})]) {
    const table = root.openDB<Buffer, string>(name, { encoding: "binary", cache: false });
    for (const { value } of table.getRange({})) void value.length;
  }
}
