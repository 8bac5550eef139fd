import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import { startChild, type Child } from "./support/child.ts";
import { eventually } from "./support/eventually.ts";
import { freePort } from "./support/free-ports.ts";
import { killAll, processesNaming } from "./support/processes.ts";
import { repository } from "./support/repository.ts";

const entry = `${repository}/sbin/aloha-container.sh`;

/** What a container gets from its runtime: a process table of its own, and cgroups that can be read only. */
const likeAContainer =
  'for m in /sys/fs/cgroup /sys/fs/cgroup/*; do mount -o remount,bind,ro "$m" 2>/dev/null; done; exec "$@"';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "aloha-container-e2e-"));
});
afterEach(async () => {
  await killAll(() => processesNaming(`${directory}/`), "what the container left behind");
  rmSync(directory, { recursive: true, force: true });
});

function container(args: readonly string[], input = ""): Child {
  return startChild(
    "unshare",
    [
      "--pid",
      "--fork",
      "--mount-proc",
      "--mount",
      "sh",
      "-c",
      likeAContainer,
      "sh",
      entry,
      ...args,
    ],
    { cwd: directory, env: { ALOHA_HOME: directory }, input },
  );
}

/** The process that is PID 1 inside. */
async function firstProcess(unshare: number): Promise<number> {
  return eventually(() => childrenOf(unshare)[0]?.pid, 5000, "PID 1");
}

function childrenOf(parent: number): readonly { readonly pid: number; readonly state: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state = "", ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(ppid) === parent ? [{ pid: Number(name), state }] : [];
    } catch {
      // It has ended since.
      return [];
    }
  });
}

it("runs as PID 1: collects orphans, contains as well as it can, and stops everything at SIGTERM", async () => {
  const [port, restPort] = [await freePort(), await freePort()];
  const ports = ["--port", String(port), "--rest-port", String(restPort)];
  await using inside = container([
    ...["dev", ...ports, "--dir", join(directory, "dev"), "-Daloha.supervisor.spawner=node"],
  ]);
  await inside.untilOutput(/Try, in another terminal/, 30_000);
  const pid1 = await firstProcess(inside.pid);
  const env = { ALOHA_MASTER_URL: `http://127.0.0.1:${restPort}` };
  const workers = await aloha(["workers"], { env });
  expect(workers.stdout).toContain("best-effort");
  const run = await aloha(["run", "--", "bash", "-c", "(sleep 0.2 &); (setsid true &); echo hi"], {
    env,
  });
  expect(run).toMatchObject({ exitCode: 0, stdout: "hi\n" });
  await eventually(
    () => childrenOf(pid1).every(({ state }) => state !== "Z") && childrenOf(pid1).length === 1,
    10_000,
    "PID 1 to have collected every orphan",
  );
  process.kill(pid1, "SIGTERM");
  expect(await inside.result).toMatchObject({ exitCode: 0 });
  expect(inside.stdout + inside.stderr).toMatch(/worker +stopped[^]*master +stopped/);
  // What a master on this volume reads, and its operator may change.
  expect(readdirSync(join(directory, "conf"))).toEqual(["aloha-default.conf"]);
});

it("ends as the command ends, and hands on what it is given to read", async () => {
  await using wrong = container(["nonsense"]);
  expect(await wrong.result).toMatchObject({
    exitCode: 2,
    stderr: "aloha: unknown command 'nonsense'. Try: aloha help\n",
  });
  await using reading = container(["submit", "-f", "-"], "{");
  expect((await reading.result).stderr).toMatch(/^aloha: -:1: /);
});

it("is what the image runs, from places that the image has", () => {
  const dockerfile = readFileSync(join(repository, "Dockerfile"), "utf8");
  const installed = "/opt/aloha/lib/node_modules/aloha-cluster";
  const used = [...dockerfile.matchAll(new RegExp(`${installed}/([^'"\\s]+)`, "g"))].map(
    ([, path = ""]) => path,
  );
  expect(used).toEqual([
    "node_modules/@aloha/supervisor/dist/spawn/agent/build-agent.js",
    "sbin/aloha-container.sh",
  ]);
  for (const path of used)
    expect(readdirSync(join(repository, path, ".."))).toContain(path.split("/").at(-1));
});
