import { execFileSync } from "node:child_process";
import { mkdirSync, openSync, closeSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";

const mebi = 1024 ** 2;

/** A file system in memory with little room, mounted at `path`; needs root. Disposing of it unmounts it. */
export class SmallDisk implements Disposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static mount(path: string, sizeMiB: number): SmallDisk {
    mkdirSync(path, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m`, "aloha-test", path]);
    return new SmallDisk(path);
  }

  get freeMiB(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return (bavail * bsize) / mebi;
  }

  /** Takes room until only `leftMiB` is left, or none: then every write fails until it is given back. */
  fill(leftMiB: number): void {
    const file = openSync(join(this.path, "fill"), "a");
    const piece = Buffer.alloc(4096);
    try {
      while (this.freeMiB > leftMiB) writeSync(file, piece);
    } catch (error) {
      // Somebody else took the last of it.
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    } finally {
      closeSync(file);
    }
  }

  giveBack(): void {
    rmSync(join(this.path, "fill"), { force: true });
  }

  [Symbol.dispose](): void {
    // Lazily: a process that ends a moment later may still hold a file open.
    execFileSync("umount", ["-l", this.path]);
  }
}
