import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApplicationPage } from "@aloha/api";
import { startMaster } from "@aloha/master";
import { silentLogger } from "@aloha/runtime";
import { createNodeRuntime } from "@aloha/runtime/node";
import { expect, onTestFinished, test } from "vitest";
import { runCaptured, type CommandResult } from "../support/captured-context.ts";

interface Cluster {
  readonly directory: string;
  readonly aloha: (argv: readonly string[], stdin?: string) => Promise<CommandResult>;
  readonly names: () => Promise<readonly string[]>;
}

/** A real master, and commands in a directory of their own. */
async function cluster(): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), "aloha-lines-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const master = await startMaster({
    host: "127.0.0.1",
    port: 0,
    rest: { host: "127.0.0.1", port: 0 },
    recoveryMode: "NONE",
    runtime: createNodeRuntime({ logger: silentLogger }),
    softwareVersion: "0.1.0-test",
  });
  onTestFinished(() => master.stop());
  const url = `http://127.0.0.1:${master.restAddress?.port ?? 0}`;
  const aloha = (argv: readonly string[], stdin = ""): Promise<CommandResult> =>
    runCaptured(argv, {
      environment: { ALOHA_MASTER_URL: url },
      workingDirectory: directory,
      stdin,
    });
  return {
    directory,
    aloha,
    names: async () => {
      const response = await fetch(`${url}/api/v1/applications?limit=1000`);
      const { applications } = (await response.json()) as ApplicationPage;
      return applications.map(({ name }) => name).reverse();
    },
  };
}

const line = (name: string): string =>
  JSON.stringify({ name, entryPoint: "shell", args: ["true"] });

test("a file with a description a line is submitted line by line, and the ids are printed in order", async () => {
  const { directory, aloha, names } = await cluster();
  const all = Array.from({ length: 3_000 }, (_, index) => `job-${index}`);
  await writeFile(join(directory, "many.ndjson"), all.map((name) => `${line(name)}\n`).join(""));
  const result = await aloha(["submit", "-f", "many.ndjson"]);
  expect(result).toMatchObject({ exitCode: 0, err: "" });
  const ids = result.out.trimEnd().split("\n");
  expect(ids).toHaveLength(all.length);
  expect(ids).toEqual([...ids].sort());
  expect((await names()).at(-1)).toBe("job-2999");
});

test("standard input is recognised by its first two lines", async () => {
  const { aloha, names } = await cluster();
  const many = await aloha(["submit", "-f", "-"], `\n${line("a")}\n\n${line("b")}`);
  expect(many.exitCode).toBe(0);
  expect(many.out.trimEnd().split("\n")).toHaveLength(2);
  expect((await aloha(["submit", "-f", "-"], `${line("c")}\n`)).exitCode).toBe(0);
  const yaml = `${line("d")}\n---\nname: e\nentryPoint: shell\n`;
  expect((await aloha(["submit", "-f", "-"], yaml)).exitCode).toBe(0);
  expect(await names()).toEqual(["a", "b", "c", "d", "e"]);
});

test("a line that is wrong is named, the others are submitted, and the exit code says so", async () => {
  const { directory, aloha, names } = await cluster();
  const text = [
    line("a"),
    "nonsense",
    '{"name":"x","entryPoint":"shell","coers":1}',
    "[]",
    line("b"),
  ];
  await writeFile(join(directory, "some.jsonl"), text.join("\n"));
  const result = await aloha(["submit", "-f", "some.jsonl"]);
  expect(result.exitCode).toBe(2);
  expect(result.out.trimEnd().split("\n")).toHaveLength(2);
  expect(result.err).toMatch(/^some\.jsonl:2: the line is not JSON/m);
  expect(result.err).toMatch(/^some\.jsonl:3: .*did you mean cores/m);
  expect(result.err).toMatch(/^some\.jsonl:4: the line is not a JSON object/m);
  expect(result.err).toMatch(/^2 submitted, 3 not/m);
  expect(await names()).toEqual(["a", "b"]);
});

test("flags set fields of every line; -o json is an object a line", async () => {
  const { aloha } = await cluster();
  const result = await aloha(
    ["submit", "-f", "-", "--cores", "0.5", "-o", "json"],
    `${line("a")}\n${line("b")}\n{}\n`,
  );
  expect(result.exitCode).toBe(2);
  const lines = result.out
    .trimEnd()
    .split("\n")
    .map((each) => JSON.parse(each) as Record<string, unknown>);
  expect(lines).toEqual([
    { line: 1, id: expect.any(String), duplicate: false },
    { line: 2, id: expect.any(String), duplicate: false },
    { line: 3, error: expect.objectContaining({ code: "invalid-argument" }) },
  ]);
  const status = await aloha(["status", String(lines[0]?.["id"]), "-o", "json"]);
  expect(JSON.parse(status.out)).toMatchObject({ cores: 0.5 });
});

test("what needs all of them at once is refused, and a file that is not there is named", async () => {
  const { directory, aloha, names } = await cluster();
  await writeFile(join(directory, "many.ndjson"), `${line("a")}\n${line("b")}\n`);
  for (const flags of [["--wait"], ["--follow"], ["--request-id", "x"], ["-f", "other.yaml"]]) {
    const result = await aloha(["submit", "-f", "many.ndjson", ...flags]);
    expect([flags, result.exitCode]).toEqual([flags, 2]);
    expect(result.err).toContain("one application a line");
  }
  const missing = await aloha(["submit", "-f", "missing.ndjson"]);
  expect(missing).toMatchObject({ exitCode: 2, err: expect.stringContaining("missing.ndjson") });
  expect(await names()).toEqual([]);
});
