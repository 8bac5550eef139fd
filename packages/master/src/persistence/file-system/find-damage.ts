import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A store of the greatest size that Aloha's limits allow is read in a fraction of it. */
const readMsMax = 600_000;
const messageLengthMax = 500;

/**
 * Has another process read the LMDB file as a whole, before this one maps it. Null: it came to the end. Otherwise what is
 * wrong, in words that go on a sentence. Rejects if that process cannot be started.
 */
export function findDamage(file: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const reader = spawn(process.execPath, [mainPath(), file], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"] ?? "" },
      timeout: readMsMax,
      killSignal: "SIGKILL",
    });
    let said = "";
    reader.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(0, messageLengthMax);
    });
    reader.once("error", reject);
    reader.once("close", (exitCode, signal) => {
      if (exitCode === 0) resolve(null);
      else if (exitCode === 1) resolve(said.trim().replaceAll(/\s+/g, " "));
      else
        resolve(
          `its pages lead nowhere: reading them ends in ${signal ?? `exit code ${exitCode}`}`,
        );
    });
  });
}

/** A process cannot run sources, so where this is one, the built file is taken. */
function mainPath(): string {
  const built = import.meta.url.endsWith(".ts")
    ? "../../../dist/persistence/file-system/read-store-main.js"
    : "./read-store-main.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
