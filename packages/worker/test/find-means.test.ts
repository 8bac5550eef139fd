import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findObstacle } from "../src/account/find-obstacle.ts";
import { checkLibs } from "../src/check-libs.ts";
import { grantOpenFiles, readOpenFilesLimits } from "../src/resources/open-files.ts";

const account = {
  name: "etl",
  uid: 54_321,
  gid: 54_321,
  groups: [54_321, 54_322],
  home: "/",
  shell: "/bin/sh",
};

async function directory(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "aloha-means-")));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("open files are granted as they are asked for, the default as far as the host goes, and more never", () => {
  const limits = { hard: 20_000, raisable: 0 };
  expect(grantOpenFiles(1_024, limits, "w1")).toEqual({ kind: "granted", openFilesMax: 1_024 });
  expect(grantOpenFiles(65_536, limits, "w1")).toEqual({ kind: "granted", openFilesMax: 20_000 });
  expect(grantOpenFiles(30_000, limits, "w1")).toMatchObject({
    kind: "refused",
    message: expect.stringContaining(
      "limits.openFiles is 30000, but worker w1 can give 20000",
    ) as unknown,
  });
  const raising = { hard: 20_000, raisable: 1_000_000 };
  expect(grantOpenFiles(30_000, raising, "w1")).toEqual({ kind: "granted", openFilesMax: 30_000 });
});

test("the limits of this host are read", () => {
  expect(readOpenFilesLimits().hard).toBeGreaterThan(100);
});

test("libs are found absolutely or below a root, as real paths", async () => {
  const root = await directory();
  await writeFile(join(root, "a.jar"), "");
  await symlink(join(root, "a.jar"), join(root, "b.jar"));
  expect(await checkLibs(["a.jar", join(root, "b.jar")], ["/nowhere-at-all", root], "w1")).toEqual({
    kind: "found",
    paths: [join(root, "a.jar"), join(root, "a.jar")],
  });
});

test("libs that are missing, or lead out of the roots, are refused by name", async () => {
  const root = await directory();
  await symlink("/etc/passwd", join(root, "out.jar"));
  expect(await checkLibs(["c.jar"], [root], "w1")).toMatchObject({
    message: "c.jar of libs is not on worker w1. Put it there, or correct libs.",
  });
  for (const lib of ["out.jar", "/etc/passwd", "../../etc/passwd"]) {
    expect(await checkLibs([lib], [root], "w1")).toMatchObject({ kind: "refused" });
  }
  expect(await checkLibs(["/etc/passwd"], ["/"], "w1")).toMatchObject({ kind: "found" });
});

test("an account that may not enter a directory above its work directory is told which", async () => {
  const outer = await directory();
  const inner = join(outer, "work");
  await mkdir(inner);
  await chmod(outer, 0o750);
  await chmod(inner, 0o751);
  expect(await findObstacle(account, inner)).toContain(`may not enter ${outer} (mode 750)`);
  await chmod(outer, 0o711);
  expect(await findObstacle(account, inner)).toBeUndefined();
});
