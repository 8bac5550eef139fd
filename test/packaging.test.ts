import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChild, type ChildResult } from "./support/child.ts";
import { freePort } from "./support/free-ports.ts";
import { killAll, processesNaming } from "./support/processes.ts";
import { repository } from "./support/repository.ts";

const installMs = 300_000;
const packedMegabytesMax = 15;

describe("the tarball of npm pack", () => {
  let directory: string;
  let tarball: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "aloha-pack-e2e-"));
    // Built before: what the script `prepack` does would disturb whatever runs from dist beside this test.
    const packed = join(directory, "packed");
    mkdirSync(packed);
    await npm(["pack", "--ignore-scripts", "--pack-destination", packed], repository);
    const [name = ""] = readdirSync(packed);
    tarball = join(packed, name);
    // An empty cache and no network: everything has to be in the tarball.
    await npm(
      ["install", "--global", "--offline", "--prefix", join(directory, "prefix"), tarball],
      directory,
    );
  }, installMs);
  afterAll(async () => {
    await killAll(() => processesNaming(`${directory}/`), "what the installed aloha left behind");
    rmSync(directory, { recursive: true, force: true });
  });

  async function npm(args: readonly string[], cwd: string): Promise<void> {
    const cache = ["--cache", join(directory, "cache")];
    const { exitCode, stderr } = await startChild("npm", [...args, ...cache], { cwd }).result;
    if (exitCode !== 0) throw new Error(`npm ${args.join(" ")} failed: ${stderr}`);
  }

  /** What npm linked into the prefix, with Node and the system's commands on the PATH and nothing else. */
  function installed(command: string, args: readonly string[], env = {}): Promise<ChildResult> {
    return startChild(join(directory, "prefix/bin", command), args, {
      cwd: directory,
      env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...env },
    }).result;
  }

  it("is small, and holds what an operator needs beside the code", () => {
    expect(statSync(tarball).size / 1e6).toBeLessThan(packedMegabytesMax);
    const files = new Set(
      execFileSync("tar", ["-tzf", tarball], { encoding: "utf8", maxBuffer: 16e6 })
        .split("\n")
        .map((path) => path.replace(/^package\//, "")),
    );
    for (const path of [
      "README.md",
      "LICENSE",
      "NOTICE",
      "conf/aloha-default.conf",
      "sbin/aloha-daemon.sh",
      "sbin/aloha-container.sh",
      "systemd/aloha-supervisor.service",
      "node_modules/@aloha/supervisor/native/spawn-agent.c",
      ...["cli", "core", "host", "sdk"].map((name) => `node_modules/@aloha/${name}/dist/index.js`),
      "node_modules/@aloha/supervisor/dist/main.js",
    ]) {
      expect(files, path).toContain(path);
    }
    expect([...files].filter((path) => path.includes("/simulation/"))).toEqual([]);
    expect([...files].filter((path) => path.endsWith(".tsbuildinfo"))).toEqual([]);
  });

  it("installs without a network an aloha whose dev runs the example to its end", async () => {
    expect(await installed("aloha", ["version"])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^aloha \d+\.\d+\.\d+\n$/) as string,
      stderr: "",
    });
    const ports = ["--port", String(await freePort()), "--rest-port", String(await freePort())];
    const dev = await installed("aloha", ["dev", "--once", ...ports]);
    expect(dev).toMatchObject({ exitCode: 0 });
    expect(dev.stdout + dev.stderr).toMatch(/example +FINISHED/);
    expect(dev.stdout).toContain("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
  });

  it("installs a daemon script that keeps nothing where npm replaces it", async () => {
    const refused = await installed("aloha-daemon.sh", ["start", "master"]);
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toMatch(/Set ALOHA_HOME .* for example \/var\/lib\/aloha/);
    const env = { ALOHA_HOME: join(directory, "home") };
    const ports = ["-p", String(await freePort()), `-Daloha.master.rest.port=${await freePort()}`];
    expect(await installed("aloha-daemon.sh", ["start", "master", ...ports], env)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/master is ready \(pid \d+\)\n$/) as string,
    });
    // With the shipped configuration, which may be changed there, so that what it accepts is kept.
    expect(readdirSync(join(directory, "home/conf"))).toEqual(["aloha-default.conf"]);
    expect(readdirSync(join(directory, "home/recovery"))).toContain("data.mdb");
    expect(await installed("aloha-daemon.sh", ["stop", "master"], env)).toMatchObject({
      exitCode: 0,
    });
  });
});
