import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import { Cluster } from "./support/cluster.ts";
import { repository } from "./support/repository.ts";

const execute = promisify(execFile);
let parent: string;
let project: string;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), "aloha-new-"));
  project = join(parent, "nightly-orders");
  const { exitCode, stderr } = await aloha(["new", "application", "nightly-orders"], {
    cwd: parent,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  linkPackages();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** What `npm install` does, without the network: the SDK by the path that the package names, the rest from this checkout. */
function linkPackages(): void {
  const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const sdk = manifest.dependencies["@aloha/sdk"]?.replace(/^file:/, "") ?? "";
  mkdirSync(join(project, "node_modules/@aloha"), { recursive: true });
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  symlinkSync(sdk, join(project, "node_modules/@aloha/sdk"));
  for (const name of ["typescript", "@types/node", ".bin"]) {
    symlinkSync(join(repository, "node_modules", name), join(project, "node_modules", name));
  }
}

it("makes a project that compiles and passes its own tests", async () => {
  const { stdout } = await execute("npm", ["test"], { cwd: project });
  expect(stdout).toMatch(/# pass 3\n# fail 0/);
});

it("makes an application that a cluster runs as it is described", async () => {
  await execute("npm", ["run", "build"], { cwd: project });
  await using cluster = await Cluster.start();
  const { stdout, stderr } = await cluster.aloha([
    ...["submit", "-f", join(project, "nightly-orders.yaml"), "--label", "pause=1", "--follow"],
  ]);
  expect(stdout.split("\n").slice(0, 5)).toEqual(
    [1, 2, 3, 4, 5].map((n) => `nightly-orders: ${n} of 5`),
  );
  expect(stderr).toContain("did it 5 times");
});

it("overwrites nothing, and names what may be a name", async () => {
  const again = await aloha(["new", "application", "nightly-orders"], { cwd: parent });
  expect(again.exitCode).not.toBe(0);
  expect(again.stderr).toContain("is not empty");
  const bad = await aloha(["new", "application", "Orders!"], { cwd: parent });
  expect(bad.stderr).toContain("lower-case letters");
  expect(existsSync(join(parent, "Orders!"))).toBe(false);
});
