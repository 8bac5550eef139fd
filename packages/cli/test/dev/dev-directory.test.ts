import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDevDirectory } from "../../src/dev/dev-directory.ts";

let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "aloha-cli-"));
});

afterEach(async () => {
  await rm(parent, { recursive: true });
});

it("makes its directories, and refuses a second user until the first gives up", async () => {
  const path = join(parent, "new", ".aloha");
  const directory = await openDevDirectory(path);
  expect((await stat(directory.recovery)).isDirectory()).toBe(true);
  await expect(openDevDirectory(path)).rejects.toThrow(/--dir/);
  await directory.lock.release();
  await (await openDevDirectory(path)).lock.release();
});

it("says in one message that a directory cannot be used, and what to do", async () => {
  await writeFile(join(parent, "file"), "");
  await expect(openDevDirectory(join(parent, "file"))).rejects.toThrow(
    /cannot be used: .+ Name a directory that can be written with --dir\./,
  );
});
