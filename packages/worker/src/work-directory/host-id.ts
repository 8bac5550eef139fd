import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { errorCode } from "@aloha/runtime/node";

/** Names this host the same at every boot: systemd's machine id (machine-id(5)), else a hash of its name. */
export async function readHostId(): Promise<string> {
  try {
    const text = (await readFile("/etc/machine-id", "utf8")).trim();
    if (/^[0-9a-f]{32}$/.test(text)) return text;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 32);
}
