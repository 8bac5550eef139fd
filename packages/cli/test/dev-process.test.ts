import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startProcess } from "./support/run-process.ts";
import type { ProcessResult, RunningProcess } from "./support/run-process.ts";

// These run what was built: `npm test` builds before it tests.

const limitMs = 60_000;
let directory: string;
let dev: RunningProcess;
let url: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aloha-cli-"));
  const [port, restPort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${restPort}`;
  dev = startDev(port, restPort);
  await dev.untilOutput("Ctrl-C stops everything");
}, limitMs);

afterEach(async () => {
  dev.child.kill("SIGKILL");
  await dev.result;
  for (const pid of processesOf(directory)) process.kill(pid, "SIGKILL");
  await rm(directory, { recursive: true, maxRetries: 10, retryDelay: 100 });
}, limitMs);

function startDev(port: number, restPort: number): RunningProcess {
  return startProcess([
    "dev",
    "--dir",
    directory,
    "--port",
    String(port),
    "--rest-port",
    String(restPort),
    "--cores",
    "2",
    "--memory",
    "4g",
  ]);
}

function aloha(...argv: readonly string[]): Promise<ProcessResult> {
  return startProcess(argv, { ALOHA_MASTER_URL: url }).result;
}

it(
  "runs commands, survives kill -9 of master and worker, and leaves nothing behind at Ctrl-C",
  async () => {
    expect(await aloha("run", "--", "bash", "-c", "echo out; echo err >&2; exit 7")).toMatchObject({
      exitCode: 7,
      out: "out\n",
      err: "err\n",
    });
    const submitted = await aloha("submit", "--name", "long", "--", "sleep", "1000");
    const id = submitted.out.trim();
    await untilRunning(id);
    for (const daemon of ["master", "worker"]) {
      const [pid] = processesOf(directory).filter((candidate) =>
        commandOf(candidate).includes(` ${daemon} `),
      );
      expect(pid).toBeDefined();
      process.kill(pid ?? 0, "SIGKILL");
    }
    await dev.untilOutput("master    was ended by SIGKILL; starting it again");
    await dev.untilOutput("worker    was ended by SIGKILL; starting it again");
    const untilBoth = async (): Promise<number> =>
      (await aloha("run", "--", "true")).exitCode ?? -1;
    while ((await untilBoth()) === 4) await new Promise(setImmediate);
    const status = await aloha("status", id, "-o", "json");
    expect(JSON.parse(status.out)).toMatchObject({ state: "RUNNING", attempt: 1 });

    dev.child.kill("SIGINT");
    const ended = await dev.result;
    expect(ended).toMatchObject({ exitCode: 0, err: "" });
    expect(ended.out).toContain("all of them have ended, and their processes are gone");
    expect(processesOf(directory)).toEqual([]);
  },
  limitMs,
);

it(
  "finds the applications of an earlier one that was killed",
  async () => {
    const submitted = await aloha("submit", "--", "sleep", "1000");
    const id = submitted.out.trim();
    await untilRunning(id);
    dev.child.kill("SIGKILL");
    await dev.result;
    const { port, hostname } = new URL(url);
    expect(hostname).toBe("127.0.0.1");
    dev = startDev(await freePort(), Number(port));
    await dev.untilOutput("recovered 1 RUNNING, from an earlier run");
    expect(await aloha("stop", id, "--wait")).toMatchObject({ exitCode: 0 });
  },
  limitMs,
);

it(
  "keeps a second one out of its directory",
  async () => {
    const second = await startDev(await freePort(), await freePort()).result;
    expect(second.exitCode).toBe(5);
    expect(second.out).toBe("");
    expect(second.err).toContain("--dir");
  },
  limitMs,
);

async function untilRunning(id: string): Promise<void> {
  for (;;) {
    const status = await aloha("status", id, "-o", "json");
    if ((JSON.parse(status.out) as { readonly state: string }).state === "RUNNING") return;
  }
}

/** The processes whose command line names the directory: daemons and supervisors, and whatever they forgot. */
function processesOf(path: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== dev.child.pid && commandOf(pid).includes(path));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
