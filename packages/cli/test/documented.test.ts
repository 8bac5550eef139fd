import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandTable } from "../src/command-table.ts";
import { exitCodes } from "../src/exit-code.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

test("docs/cli.md has a row for every command and every exit status", () => {
  const names = commandTable.map(({ name }) => name);
  const commands = [...page.matchAll(/^\| `aloha ([^`]+)`/gm)].map(([, line = ""]) => {
    const named = names.filter((name) => `${line} `.startsWith(`${name} `));
    return named.toSorted((a, b) => b.length - a.length)[0] ?? line;
  });
  expect(new Set(commands)).toEqual(new Set(names));
  const statuses = [...page.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(statuses).toEqual(Object.values(exitCodes));
});
