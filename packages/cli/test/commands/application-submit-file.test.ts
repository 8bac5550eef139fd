import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandResult } from "../support/captured-context.ts";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("submit -f", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "aloha-cli-"));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function submitFile(text: string, ...flags: string[]): Promise<CommandResult> {
    await writeFile(join(directory, "apps.yaml"), text);
    return cluster.aloha(["submit", "-f", "apps.yaml", ...flags], { workingDirectory: directory });
  }

  it("submits every document of a YAML file, in order", async () => {
    const result = await submitFile(
      "name: a\nentryPoint: shell\nargs: echo a\n---\nname: b\nentryPoint: shell\nargs: [echo, b]\n",
    );
    expect(result).toEqual({
      exitCode: 0,
      out: "app-20251122160102-0001\napp-20251122160102-0002\n",
      err: "",
    });
    expect(cluster.master.asked.map(({ body }) => body["name"])).toEqual(["a", "b"]);
  });

  it("reads JSON, and standard input as `-`", async () => {
    const result = await cluster.aloha(["submit", "-f", "-"], {
      stdin: '{"name": "j", "entryPoint": "shell", "args": "true"}',
    });
    expect(result.exitCode).toBe(0);
    expect(cluster.master.asked[0]?.body).toMatchObject({ name: "j" });
  });

  it("names file and line of every problem, and then submits nothing at all", async () => {
    const result = await submitFile(
      "name: a\nentryPoint: shell\n---\nname: b\nentryPoint: shell\ncoers: 2\nrestart:\n  on: [failure]\n  backoff:\n    initial: soon\n",
    );
    expect(result.exitCode).toBe(2);
    expect(result.err).toContain("apps.yaml:6: ");
    expect(result.err).toContain("apps.yaml:10: ");
    expect(cluster.master.asked).toEqual([]);
  });

  it("names the line of a syntax error", async () => {
    const result = await submitFile("name: a\nentryPoint: [shell\n");
    expect(result.exitCode).toBe(2);
    expect(result.err).toMatch(/apps\.yaml:\d+: /);
  });

  it("refuses a field that is not available yet instead of ignoring it", async () => {
    const result = await submitFile("name: a\nentryPoint: shell\npriority: 10\n");
    expect(result.exitCode).toBe(2);
    expect(result.err).toContain("apps.yaml:3: ");
    expect(result.err).toContain("not available yet");
  });

  it("lets flags set fields of the file, joining environment and labels", async () => {
    await submitFile(
      "name: a\nentryPoint: shell\nenvironment: {A: '1'}\n",
      "--name",
      "c",
      "--env",
      "B=2",
    );
    expect(cluster.master.asked[0]?.body).toMatchObject({
      name: "c",
      environment: { A: "1", B: "2" },
    });
  });

  it("says which file cannot be read", async () => {
    const result = await cluster.aloha(["submit", "-f", "missing.yaml"], {
      workingDirectory: directory,
    });
    expect(result.exitCode).toBe(2);
    expect(result.err).toContain("missing.yaml cannot be read");
  });
});
