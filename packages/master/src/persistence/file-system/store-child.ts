import { spawn } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AlohaError, errorCodes } from "@aloha/core";
import type { StoreReport } from "./check-store.ts";
import { readMetaPages } from "./meta-pages.ts";
import { sizeOf } from "./size-of.ts";

/** A store of the greatest size that Aloha's limits allow is read in a fraction of it. */
const childMsMax = 1_800_000;

/** `checkStore` in a process of its own, with the same errors. */
export async function checkStoreFile(file: string): Promise<StoreReport> {
  return JSON.parse(await runChild(file, ["check", file])) as StoreReport;
}

/**
 * Copies the LMDB file as it is at one moment. The library tells of no error, such as a full disk: whether the
 * copy is whole has to be checked.
 */
export async function copyStoreFile(file: string, target: string): Promise<void> {
  await runChild(file, ["copy", file, target]);
}

interface Extent {
  readonly bytes: number;
  /** What the file says it has. A few bytes less are no damage: pages that a transaction set aside and never wrote. */
  readonly bytesExpected: number;
}

async function readExtent(file: string): Promise<Extent> {
  const handle = await open(file, "r");
  try {
    const meta = await readMetaPages(handle);
    if (meta === undefined)
      throw new AlohaError("store-corrupt", `${file} does not begin as a store does.`);
    return { bytes: (await handle.stat()).size, bytesExpected: meta.bytes };
  } finally {
    await handle.close();
  }
}

async function runChild(file: string, args: readonly string[]): Promise<string> {
  const extent = await readExtent(file);
  // LMDB makes a file for its readers. Left beside a store by another user, it would keep the master from opening it.
  const readers = `${file}-lock`;
  const hadReaders = (await sizeOf(readers)) > 0;
  try {
    return await new Promise<string>((resolve, reject) => {
      const child = spawn(process.execPath, [mainPath(), ...args], {
        stdio: ["ignore", "pipe", "ignore"],
        env: { PATH: process.env["PATH"] ?? "" },
        timeout: childMsMax,
        killSignal: "SIGKILL",
      });
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
      child.once("error", reject);
      child.once("close", (exitCode, signal) => {
        if (exitCode === 0) resolve(said);
        else reject(failure(file, extent, said, signal ?? `exit code ${exitCode}`));
      });
    });
  } finally {
    if (!hadReaders) await rm(readers, { force: true });
  }
}

function failure(file: string, extent: Extent, said: string, how: string): AlohaError {
  const { code, message } = parseFailure(said);
  const known = errorCodes.find((candidate) => candidate === code);
  if (typeof message === "string" && known !== undefined) return new AlohaError(known, message);
  const { bytes, bytesExpected } = extent;
  const why =
    bytes < bytesExpected
      ? `it is cut off, with ${bytes} of ${bytesExpected} bytes`
      : `its pages lead nowhere, reading them ends in ${how}`;
  return new AlohaError("store-corrupt", `${file} is damaged: ${why}.`);
}

function parseFailure(said: string): { readonly code?: unknown; readonly message?: unknown } {
  try {
    return JSON.parse(said) as { readonly code?: unknown; readonly message?: unknown };
  } catch {
    // It was ended in the middle of a word, or before one.
    return {};
  }
}

/** A process cannot run sources, so where this is one, the built file is taken. */
function mainPath(): string {
  const built = import.meta.url.endsWith(".ts")
    ? "../../../dist/persistence/file-system/store-child-main.js"
    : "./store-child-main.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
