import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { curl } from "./support/aloha.ts";
import { startChild, type ChildResult } from "./support/child.ts";
import { eventually } from "./support/eventually.ts";
import { freePort } from "./support/free-ports.ts";
import { killAll, listProcesses, processesNaming } from "./support/processes.ts";
import { repository } from "./support/repository.ts";

const script = `${repository}/sbin/aloha-daemon.sh`;
const user = userInfo().username;

let home: string;
let port: number;
let restPort: number;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "aloha-daemon-e2e-"));
  mkdirSync(join(home, "conf"));
  port = await freePort();
  restPort = await freePort();
});
afterEach(async () => {
  for (const daemon of ["worker", "master"]) await run(["stop", daemon]);
  await killAll(() => processesNaming(`${home}/`), "what the daemons left behind");
  rmSync(home, { recursive: true, force: true });
});

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  shell = "bash",
): Promise<ChildResult> {
  return startChild(shell, [script, ...args], { env: { ALOHA_HOME: home, ...env } }).result;
}

function startMaster(env: Readonly<Record<string, string>> = {}): Promise<ChildResult> {
  return run(
    [
      "start",
      "master",
      "-h",
      "127.0.0.1",
      "-p",
      String(port),
      `-Daloha.master.rest.port=${restPort}`,
    ],
    env,
  );
}

function pidFile(daemon: string): string {
  return join(home, "run", `aloha-${user}-${daemon}.pid`);
}

function pidOf(daemon: string): number {
  return Number(readFileSync(pidFile(daemon), "utf8").split("\n")[0]);
}

function logFile(daemon: string): string {
  return join(home, "logs", `aloha-${user}-${daemon}-${hostname()}.out`);
}

/** A process that has ended may stay in the table until its parent looks. */
function alive(pid: number): boolean {
  return listProcesses().some((candidate) => candidate.pid === pid);
}

it("is understood by every shell that is here", async () => {
  for (const shell of ["sh", "bash", "dash"]) {
    const { exitCode, stderr } = await startChild(shell, ["-n", script]).result;
    expect({ shell, exitCode, stderr }).toEqual({ shell, exitCode: 0, stderr: "" });
  }
});

it("starts a master and a worker with the original's flags, which run what curl submits, and stops them", async () => {
  const properties = join(home, "aloha.properties");
  writeFileSync(
    properties,
    `aloha.master.rest.port ${restPort}\naloha.deploy.recoveryMode FILESYSTEM\n`,
  );
  const master = await run([
    ...["start", "master", "-h", "127.0.0.1", "-p", String(port), "--properties-file", properties],
  ]);
  expect(master).toMatchObject({
    exitCode: 0,
    stdout: `starting master, logging to ${logFile("master")}\nmaster is ready (pid ${pidOf("master")})\n`,
    stderr: "",
  });
  const work = join(home, "elsewhere");
  const worker = await run(
    [
      ...[
        "start",
        "worker",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "-c",
        "3",
        "-m",
        "1000M",
        "-d",
        work,
      ],
      ...["--properties-file", properties, `aloha://127.0.0.1:${port}`],
    ],
    {},
    "sh",
  );
  expect(worker).toMatchObject({ exitCode: 0, stderr: "" });
  expect(readFileSync(logFile("worker"), "utf8")).toContain('offers="3 cores, 1000 MiB"');
  const body =
    '{"action":"CreateSubmissionRequest","name":"n","entryPoint":"me.jrwang.app.SimpleProcess","args":"echo $((6*7))","memory":256}';
  const created = await curl([
    ...["-X", "POST", "-d", body, `http://127.0.0.1:${restPort}/v1/submissions/create`],
  ]);
  const id = /app-\d{14}-\d+/.exec(created.stdout)?.[0] ?? "";
  const output = join(work, id, "stdout");
  await eventually(() => existsSync(output) && readFileSync(output, "utf8") === "42\n", 15_000);
  for (const daemon of ["worker", "master"]) {
    const pid = pidOf(daemon);
    expect(await run(["status", daemon])).toMatchObject({
      exitCode: 0,
      stdout: `${daemon} is running (pid ${pid}), logging to ${logFile(daemon)}\n`,
    });
    expect(await run(["stop", daemon])).toMatchObject({
      exitCode: 0,
      stdout: `stopping ${daemon} (pid ${pid})\n${daemon} stopped\n`,
      stderr: "",
    });
    expect(alive(pid)).toBe(false);
    expect(await run(["status", daemon])).toMatchObject({
      exitCode: 2,
      stdout: `${daemon} is not running\n`,
    });
  }
});

it("reads aloha-env.sh of the directory that --config names, and obeys every variable", async () => {
  const configuration = join(home, "other-conf");
  mkdirSync(configuration);
  writeFileSync(
    join(configuration, "aloha-env.sh"),
    [
      `ALOHA_MASTER_HOST=127.0.0.1`,
      `ALOHA_MASTER_PORT=${port}`,
      `ALOHA_LOG_DIR=${home}/var/log`,
      `ALOHA_PID_DIR=${home}/var/run`,
      `ALOHA_WORKER_PORT=0`,
      `ALOHA_WORKER_CORES=5`,
      `ALOHA_WORKER_MEMORY=512M`,
      `ALOHA_WORKER_DIR=${home}/var/work`,
      `ALOHA_IDENT_STRING=blue`,
      "",
    ].join("\n"),
  );
  writeFileSync(
    join(configuration, "aloha-default.conf"),
    `aloha.master.rest.port ${restPort}\naloha.deploy.recoveryMode FILESYSTEM\n`,
  );
  const config = ["--config", configuration];
  expect(await run([...config, "start", "master"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await run([...config, "start", "worker", `aloha://127.0.0.1:${port}`])).toMatchObject({
    exitCode: 0,
    stderr: "",
  });
  const log = readFileSync(join(home, `var/log/aloha-blue-worker-${hostname()}.out`), "utf8");
  expect(log).toContain('offers="5 cores, 512 MiB"');
  expect(log).toContain(`workDirectory=${home}/var/work`);
  expect(log).toContain(`configuration=${configuration}/aloha-default.conf`);
  expect(existsSync(join(home, "var/run/aloha-blue-master.pid"))).toBe(true);
  expect(existsSync(join(home, "recovery/data.mdb"))).toBe(true);
  for (const daemon of ["worker", "master"]) {
    expect(await run([...config, "stop", daemon])).toMatchObject({ exitCode: 0 });
  }
});

it("says that a daemon runs already, and leaves it alone", async () => {
  expect(await startMaster()).toMatchObject({ exitCode: 0 });
  const pid = pidOf("master");
  expect(await startMaster()).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: `aloha-daemon.sh: the master runs already as process ${pid}. Stop it first.\n`,
  });
  expect(pidOf("master")).toBe(pid);
  expect(alive(pid)).toBe(true);
});

it("shows the end of the log of a start that failed, and leaves no pid file", async () => {
  expect(await startMaster()).toMatchObject({ exitCode: 0 });
  const second = await startMaster({ ALOHA_IDENT_STRING: "second" });
  expect(second.exitCode).toBe(1);
  expect(second.stderr).toMatch(new RegExp(`${port}.* used by pid ${pidOf("master")}`));
  expect(second.stderr).toMatch(/The master ended instead of serving; the end of .* is above\.\n$/);
  expect(existsSync(join(home, "run/aloha-second-master.pid"))).toBe(false);
});

it("keeps the logs of the last five starts beside the newest", async () => {
  for (let n = 1; n <= 8; n += 1) {
    const { exitCode } = await run(["start", "master", "-p", `wrong-${n}`]);
    expect(exitCode).toBe(1);
  }
  const log = logFile("master");
  for (const [name, n] of [
    [log, 8],
    [`${log}.1`, 7],
    [`${log}.5`, 3],
  ] as const) {
    expect(readFileSync(name, "utf8")).toContain(`"wrong-${n}"`);
  }
  expect(existsSync(`${log}.6`)).toBe(false);
});

it("never ends a process that merely got the pid of a daemon that is gone", async () => {
  const stranger = spawn("sleep", ["300"]);
  try {
    mkdirSync(join(home, "run"));
    writeFileSync(pidFile("master"), `${stranger.pid}\n123 00000000-0000-0000-0000-000000000000\n`);
    expect(await run(["status", "master"])).toMatchObject({
      exitCode: 1,
      stdout: `master is not running, but the pid file ${pidFile("master")} is left over: process ${stranger.pid} has ended\n`,
    });
    expect(await run(["stop", "master"])).toMatchObject({ exitCode: 0 });
    expect(alive(stranger.pid ?? 0)).toBe(true);
    expect(await run(["status", "master"])).toMatchObject({ exitCode: 2 });
  } finally {
    stranger.kill("SIGKILL");
  }
});

it("kills a daemon that does not stop in time, and says so", async () => {
  expect(await startMaster()).toMatchObject({ exitCode: 0 });
  const pid = pidOf("master");
  process.kill(pid, "SIGSTOP");
  const stopped = await run(["stop", "master"], { ALOHA_STOP_TIMEOUT: "1" });
  expect(stopped).toMatchObject({ exitCode: 0 });
  expect(stopped.stderr).toContain("did not stop within 1 s and is killed");
  expect(alive(pid)).toBe(false);
});

it("refuses what it does not understand with its usage", async () => {
  for (const [args, message] of [
    [[], "Say what to do, and with which daemon."],
    [["start"], "Say what to do, and with which daemon."],
    [["begin", "master"], '"begin" is not start, stop or status.'],
    [["start", "portal"], 'There is no daemon "portal".'],
    [["--config"], "--config takes a directory."],
    [["--config", "/missing", "start", "master"], "--config: there is no directory /missing."],
  ] as const) {
    const { exitCode, stderr } = await run(args);
    expect(exitCode).toBe(64);
    expect(stderr.split("\n")[0]).toBe(`aloha-daemon.sh: ${message}`);
  }
  expect(await run(["stop", "master"], { ALOHA_STOP_TIMEOUT: "1h" })).toMatchObject({
    exitCode: 1,
    stderr: 'aloha-daemon.sh: ALOHA_STOP_TIMEOUT takes a whole number of seconds, not "1h".\n',
  });
});
