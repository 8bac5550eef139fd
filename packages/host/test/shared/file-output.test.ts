import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FileOutput } from "../../src/shared/file-output.ts";

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "aloha-output-"));
  directory = join(parent, "app");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

it("makes directory and file at the first write to a stream", () => {
  const output = new FileOutput(directory, { segmentBytes: null, keep: null });
  expect(existsSync(directory)).toBe(false);
  output.stderr("oh\n");
  expect(readdirSync(directory)).toEqual(["stderr"]);
  output.close();
});

it("rolls a full file by a name that says where it began, and keeps as many as it is told", () => {
  const output = new FileOutput(directory, { segmentBytes: 4, keep: 2 });
  output.stdout("aaaabbbbccccdddd");
  output.stdout("ee");
  output.close();
  expect(readdirSync(directory).toSorted()).toEqual([
    "stdout",
    "stdout.000000000000008",
    "stdout.000000000000012",
  ]);
  expect(readFileSync(join(directory, "stdout.000000000000012"), "utf8")).toBe("dddd");
  expect(readFileSync(join(directory, "stdout"), "utf8")).toBe("ee");
});

it("drops what is written after the end", () => {
  const output = new FileOutput(directory, { segmentBytes: null, keep: null });
  output.stdout("a");
  output.close();
  output.stdout("b");
  expect(readFileSync(join(directory, "stdout"), "utf8")).toBe("a");
});
