import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new empty directory that is deleted when the running test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "aloha-runtime-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
