import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimApplicationDirectory } from "../src/work-directory/application-directory.ts";

const appId = "app-20260101000000-0001";
let work: string;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "aloha-directory-"));
});

afterEach(async () => {
  await rm(work, { recursive: true, force: true });
});

describe("the directory of an application", () => {
  it("keeps the output of each attempt apart, rolled segments included, and leaves other files", async () => {
    const directory = await claimApplicationDirectory(work, appId, 1);
    for (const name of ["stdout", "stdout.000000000000000.gz", "stderr", "result.csv"]) {
      await writeFile(join(directory, name), "1");
    }
    await claimApplicationDirectory(work, appId, 3);
    await writeFile(join(directory, "stdout"), "3");
    await claimApplicationDirectory(work, appId, 4);
    expect((await readdir(join(directory, "attempt-1"))).sort()).toEqual([
      "stderr",
      "stdout",
      "stdout.000000000000000.gz",
    ]);
    expect(await readFile(join(directory, "attempt-3", "stdout"), "utf8")).toBe("3");
    expect(await readdir(directory)).toContain("result.csv");
    expect(await readdir(directory)).not.toContain("stdout");
  });

  it("is claimed again by the same attempt without moving its output", async () => {
    const directory = await claimApplicationDirectory(work, appId, 2);
    await writeFile(join(directory, "stdout"), "2");
    await claimApplicationDirectory(work, appId, 2);
    expect(await readdir(directory)).toContain("stdout");
  });

  it("goes on after a crash in the middle of the move", async () => {
    const directory = await claimApplicationDirectory(work, appId, 1);
    await mkdir(join(directory, "attempt-1"));
    await writeFile(join(directory, "attempt-1", "stdout"), "1");
    await writeFile(join(directory, "stderr"), "1");
    await claimApplicationDirectory(work, appId, 2);
    expect((await readdir(join(directory, "attempt-1"))).sort()).toEqual(["stderr", "stdout"]);
  });
});
