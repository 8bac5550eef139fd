import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeIfInterrupted } from "./open-resources.ts";

/** Hands out new empty directories and deletes all of them in the end. */
export class FreshDirectories implements AsyncDisposable {
  readonly #created: string[] = [];
  readonly #closed: () => void = closeIfInterrupted(this);

  /** Under ALOHA_BENCH_DIR, else the system's directory for temporary files: set it where that is in memory. */
  async create(): Promise<string> {
    const parent = process.env["ALOHA_BENCH_DIR"] ?? tmpdir();
    const directory = await mkdtemp(join(parent, "aloha-bench-"));
    this.#created.push(directory);
    return directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const directory of this.#created.splice(0)) {
      await rm(directory, { recursive: true, force: true });
    }
    this.#closed();
  }
}
