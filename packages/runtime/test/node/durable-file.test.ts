import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freeBytes, writeFileDurably } from "@aloha/runtime/node";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../temporary-directory.ts";

test("the content is replaced and nothing is left beside it", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "file");
  await writeFileDurably(path, "old");
  await writeFileDurably(path, new Uint8Array([110, 101, 119]));
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("the file is private unless told otherwise, also after a crash left a public one beside", async () => {
  const path = join(temporaryDirectory(), "file");
  writeFileSync(`${path}.new`, "left over", { mode: 0o666 });
  await writeFileDurably(path, "secret");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await writeFileDurably(path, "public", { mode: 0o640 });
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

test("if it cannot be replaced, the error says why and nothing is left beside it", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "file");
  await mkdir(path);
  await expect(writeFileDurably(path, "new")).rejects.toMatchObject({ code: "EISDIR" });
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("free bytes of a file system that can be written to are positive", async () => {
  expect(await freeBytes(temporaryDirectory())).toBeGreaterThan(0);
});
