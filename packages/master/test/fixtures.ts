import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export {
  alerts,
  application,
  became,
  description,
  submitted,
} from "../src/persistence/conformance/records.ts";

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "aloha-master-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
