import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import type { ChildResult } from "./support/child.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

let directory: string;
/** A path that nobody can make, not even root. */
let belowFile: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "aloha-start-e2e-"));
  mkdirSync(join(directory, "conf"));
  writeFileSync(join(directory, "file"), "");
  belowFile = join(directory, "file", "x");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function start(...args: readonly string[]): Promise<ChildResult> {
  return aloha(args, { cwd: directory, env: { ALOHA_HOME: directory } });
}

/** It ends by itself, says one thing, and leaves stdout alone. */
function expectRefusal(
  result: ChildResult,
  exitCode: number,
  ...patterns: readonly RegExp[]
): void {
  expect(result).toMatchObject({ exitCode, signal: null, stdout: "" });
  expect(result.stderr.trim().split("\n")).toHaveLength(1);
  expect(result.stderr).toMatch(/^aloha: /);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  for (const pattern of patterns) expect(result.stderr).toMatch(pattern);
}

it("a port that is taken: who has it, and what to set, for workers and for HTTP, of masters and workers", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const port = String((server.address() as AddressInfo).port);
  try {
    const occupant = new RegExp(`${port} .*pid ${process.pid} `);
    expectRefusal(
      await start("master", "-p", port, "--rest-port", "0"),
      5,
      occupant,
      /aloha\.master\.port/,
    );
    expectRefusal(
      await start("master", "-p", "0", "--rest-port", port),
      5,
      occupant,
      /aloha\.master\.rest\.port/,
    );
    expectRefusal(
      await start("worker", "-p", port, "-d", join(directory, "w"), "aloha://127.0.0.1:9"),
      5,
      occupant,
      /--port/,
    );
  } finally {
    server.close();
  }
});

it("an address that is not this host's, and a name that nobody knows", async () => {
  expectRefusal(
    await start("master", "-h", "192.0.2.1", "-p", "0"),
    5,
    /192\.0\.2\.1 is no address of this host/,
    /aloha\.master\.host/,
  );
});

it("directories that cannot be written", async () => {
  expectRefusal(
    await start(
      "master",
      "-p",
      "0",
      "--rest-port",
      "0",
      "--recovery-mode",
      "FILESYSTEM",
      "--recovery-directory",
      belowFile,
    ),
    5,
    /recovery directory/,
    /ENOTDIR/,
    /aloha\.deploy\.recoveryDirectory/,
  );
  expectRefusal(
    await start("worker", "-d", belowFile, "aloha://127.0.0.1:9"),
    5,
    /work directory/,
    /ENOTDIR/,
    /--work-dir/,
  );
  expectRefusal(await start("dev", "--dir", belowFile), 2, /cannot be used/, /ENOTDIR/, /--dir/);
});

it("masters that are not named as they should be", async () => {
  expectRefusal(await start("worker"), 2, /masters/, /aloha help worker/);
  for (const masters of [
    "localhost",
    "aloha://",
    "http://127.0.0.1:7077",
    "aloha://127.0.0.1:99999",
    "aloha://127.0.0.1:7077,",
  ]) {
    expectRefusal(
      await start("worker", "-d", join(directory, "w"), masters),
      2,
      /does not name masters: write aloha:\/\/host:port/,
    );
  }
});

it("cores and memory that make no sense", async () => {
  for (const [flag, value, pattern] of [
    ["-c", "0", /--cores: .*too small/],
    ["-c", "-1", /--cores: .*too small/],
    ["-c", "NaN", /--cores: .*not a number/],
    ["-c", "1e99", /--cores: .*too large/],
    ["-m", "0", /--memory: .*too small/],
    ["-m", "5x", /--memory: .*unknown unit "x"/],
  ] as const) {
    expectRefusal(
      await start("worker", flag, value, "-d", join(directory, "w"), "aloha://127.0.0.1:9"),
      2,
      pattern,
    );
  }
});

it("a second master on the recovery directory, a second worker on the work directory: who has it; the first go on", async () => {
  await using cluster = await Cluster.start();
  expectRefusal(
    await start(
      "master",
      "-p",
      "0",
      "--rest-port",
      "0",
      "--recovery-mode",
      "FILESYSTEM",
      "--recovery-directory",
      join(cluster.directory, "recovery"),
    ),
    5,
    new RegExp(`held by pid ${cluster.master.pid}`),
  );
  expectRefusal(
    await start(
      "worker",
      "-d",
      cluster.worker.workDirectory,
      `aloha://127.0.0.1:${cluster.rpcPort}`,
    ),
    5,
    new RegExp(`held by pid ${cluster.worker.pid}`),
    /--work-dir/,
  );
  expect(await cluster.aloha(["run", "--", "echo", "unharmed"])).toMatchObject({
    exitCode: 0,
    stdout: "unharmed\n",
    stderr: "",
  });
});

it("a worker that finds no master keeps trying, says so once, and is there when the master comes", async () => {
  await using cluster = await Cluster.start({ workers: 0 });
  await cluster.master.kill();
  const added = cluster.addWorker();
  await eventually(
    () => alerts(cluster.worker.log) === 1,
    5000,
    "the alert that no master is there",
  );
  cluster.master.launch();
  const worker = await added;
  expect(alerts(worker.log)).toBe(1);
  expect(worker.log).toMatch(/An alert is over.*no-master/);
  expect(await cluster.aloha(["run", "--", "echo", "joined"])).toMatchObject({
    exitCode: 0,
    stdout: "joined\n",
  });
});

function alerts(log: string): number {
  return log.match(/"level":"error".*"alert":"no-master"/g)?.length ?? 0;
}
