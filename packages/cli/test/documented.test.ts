import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandTable } from "../src/command-table.ts";
import { exitCodes } from "../src/exit-code.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

test("docs/cli.md has a row for every command and every exit status", () => {
  const commands = [...page.matchAll(/^\| `aloha (\w+)/gm)].map((match) => match[1]);
  expect(new Set(commands)).toEqual(new Set(commandTable.map(({ name }) => name)));
  const statuses = [...page.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(statuses).toEqual(Object.values(exitCodes));
});
