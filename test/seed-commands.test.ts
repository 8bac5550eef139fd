import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aloha, curl, startAloha } from "./support/aloha.ts";
import type { Child } from "./support/child.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { freePort } from "./support/free-ports.ts";
import { http } from "./support/http.ts";
import { killAll, processesNaming } from "./support/processes.ts";

/** The body of the original's README, byte for byte. */
const seedBody =
  '{"action":"CreateSubmissionRequest","name":"test","entryPoint":"me.jrwang.app.SimpleProcess","libs":["/path/to/aloha/application"],"args":"i=0; while [ $i -le 10 ]; do echo $i; ((i++)); sleep 1; done","cores":1,"memory":256}';

describe("the requests of the original's README", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  beforeEach(() => cluster.showLogsIfTestFails());

  async function create(body: string): Promise<string> {
    const { stdout } = await curl([
      "-X",
      "POST",
      "-d",
      body,
      `${cluster.url}/v1/submissions/create`,
    ]);
    const { submissionId } = JSON.parse(stdout) as { readonly submissionId: string };
    return submissionId;
  }

  async function stateOf(id: string): Promise<string> {
    const { stdout } = await curl([`${cluster.url}/v1/submissions/status/${id}`]);
    return (JSON.parse(stdout) as { readonly driverState: string }).driverState;
  }

  it("submit, run to the end and leave the output in the work directory", async () => {
    const created = await curl([
      "-i",
      "-X",
      "POST",
      "-d",
      seedBody,
      `${cluster.url}/v1/submissions/create`,
    ]);
    expect(created.stderr).toBe("");
    const id = /as (app-\d{14}-\d{4})"/.exec(created.stdout)?.[1] ?? "";
    const [head = "", body] = created.stdout.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1.1 200 OK/);
    expect(head).toMatch(/^content-type: application\/json; charset=utf-8\r?$/im);
    expect(body).toBe(
      [
        "{",
        '  "action" : "CreateSubmissionResponse",',
        `  "message" : "Application successfully submitted as ${id}",`,
        '  "serverSparkVersion" : "0.1.0",',
        `  "submissionId" : "${id}",`,
        '  "success" : true',
        "}",
      ].join("\n"),
    );
    await eventually(async () => (await stateOf(id)) === "RUNNING", 5000, `${id} to be RUNNING`);
    await eventually(
      () => cluster.output(id).startsWith("0\n1\n"),
      5000,
      "the first lines of its output",
    );
    expect(await stateOf(id)).toBe("RUNNING");
    await eventually(
      async () => (await stateOf(id)) === "FINISHED",
      15_000,
      `${id} to be FINISHED`,
    );
    expect(cluster.output(id)).toBe("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    expect(cluster.output(id, "stderr")).toBe("");
    const { stdout } = await curl([`${cluster.url}/v1/submissions/status/${id}`]);
    expect(stdout).toBe(
      [
        "{",
        '  "action" : "SubmissionStatusResponse",',
        '  "driverState" : "FINISHED",',
        '  "serverSparkVersion" : "0.1.0",',
        `  "submissionId" : "${id}",`,
        '  "success" : true,',
        /"workerHostPort" : .*/.exec(stdout)?.[0].replace(/^/, "  "),
        `  "workerId" : "${cluster.worker.workerId}"`,
        "}",
      ].join("\n"),
    );
  });

  it("kill the whole tree, and keep what it wrote until then", async () => {
    const id = await create(seedBody.replace("i=0;", "i=0; sleep 300 & "));
    await eventually(() => cluster.output(id).includes("1\n"), 10_000, "its output");
    expect(cluster.processes(id).length).toBeGreaterThan(1);
    const { stdout } = await curl(["-X", "POST", `${cluster.url}/v1/submissions/kill/${id}`]);
    expect(stdout).toBe(
      [
        "{",
        '  "action" : "KillSubmissionResponse",',
        `  "message" : "Kill request for ${id} submitted",`,
        '  "serverSparkVersion" : "0.1.0",',
        `  "submissionId" : "${id}",`,
        '  "success" : true',
        "}",
      ].join("\n"),
    );
    await eventually(async () => (await stateOf(id)) === "KILLED", 15_000, `${id} to be KILLED`);
    expect(cluster.processes(id)).toEqual([]);
    expect(cluster.output(id)).toMatch(/^0\n1\n/);
    const again = await curl(["-X", "POST", `${cluster.url}/v1/submissions/kill/${id}`]);
    expect(JSON.parse(again.stdout)).toMatchObject({
      success: false,
      message: `App ${id} has already finished or does not exist`,
    });
  });

  it("name the fields that nobody knows, and take amounts that are written as texts", async () => {
    const { stdout } = await curl([
      ...[
        "-X",
        "POST",
        "-d",
        '{"action":"CreateSubmissionRequest","name":"n","entryPoint":"shell","args":"true","cores":"2","memory":"64","colour":1,"libs":null}',
      ],
      `${cluster.url}/v1/submissions/create`,
    ]);
    expect(stdout).toContain('  "unknownFields" : [ "colour" ]');
    const { submissionId } = JSON.parse(stdout) as { readonly submissionId: string };
    const application = await cluster.untilEnded(submissionId);
    expect(application).toMatchObject({ state: "FINISHED", cores: 2, memoryMiB: 64 });
  });

  it("answer 1,024 MB and one core where nothing is asked for", async () => {
    const id = await create('{"action":"CreateSubmissionRequest","name":"n","entryPoint":"shell"}');
    expect(await cluster.untilEnded(id)).toMatchObject({
      state: "FINISHED",
      cores: 1,
      memoryMiB: 1024,
    });
  });
});

describe("the original's command line", () => {
  let directory: string;
  let running: Child[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "aloha-seed-e2e-"));
    mkdirSync(join(directory, "conf"));
    running = [];
  });
  afterEach(async () => {
    for (const child of running) await child[Symbol.asyncDispose]();
    await killAll(() => processesNaming(`${directory}/`), "the supervisors of this test");
    rmSync(directory, { recursive: true, force: true });
  });

  function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
    const child = startAloha(args, { cwd: directory, env: { ALOHA_HOME: directory, ...env } });
    running.push(child);
    return child;
  }

  function file(name: string, ...lines: readonly string[]): string {
    const path = join(directory, name);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
    return path;
  }

  async function workersAt(restPort: number): Promise<unknown> {
    return eventually(
      async () => {
        const { workers } = (
          await http("GET", `http://127.0.0.1:${restPort}/api/v1/workers`)
        ).json<{ workers: readonly { mode: string; heardMsAgo: number | null }[] }>();
        return workers.length > 0 &&
          workers.every(({ mode, heardMsAgo }) => mode === "ALIVE" && heardMsAgo !== null)
          ? workers
          : undefined;
      },
      10_000,
      "a worker at the master",
    );
  }

  it("starts a master and a worker with the short flags, and writes recovery and work where -d and ALOHA_HOME say", async () => {
    const [port, restPort] = [await freePort(), await freePort()];
    await start([
      "master",
      "-h",
      "127.0.0.1",
      "-p",
      String(port),
      "--rest-port",
      String(restPort),
    ]).untilOutput(/master is ready/);
    await start([
      "worker",
      "-h",
      "127.0.0.1",
      "-p",
      "0",
      "-c",
      "3",
      "-m",
      "1000M",
      "-d",
      join(directory, "w"),
      `aloha://127.0.0.1:${port}`,
    ]).untilOutput(/Registered/);
    expect(await workersAt(restPort)).toMatchObject([
      { cores: 3, memoryMiB: 1000, host: "127.0.0.1" },
    ]);
    expect(existsSync(join(directory, "w", ".aloha"))).toBe(true);
  });

  it("takes the environment variables, and says so in the same words", async () => {
    const [port, restPort] = [await freePort(), await freePort()];
    const env = {
      ALOHA_MASTER_HOST: "127.0.0.1",
      ALOHA_MASTER_PORT: String(port),
      ALOHA_WORKER_CORES: "2",
      ALOHA_WORKER_MEMORY: "1g",
      ALOHA_WORKER_DIR: join(directory, "elsewhere"),
      ALOHA_WORKER_PORT: String(await freePort()),
    };
    await start(["master", "--rest-port", String(restPort)], env).untilOutput(
      new RegExp(`aloha://127.0.0.1:${port}"`),
    );
    await start(["worker", `aloha://127.0.0.1:${port}`], env).untilOutput(/Registered/);
    expect(await workersAt(restPort)).toMatchObject([
      { cores: 2, memoryMiB: 1024, port: Number(env.ALOHA_WORKER_PORT) },
    ]);
    expect(existsSync(join(directory, "elsewhere", ".aloha"))).toBe(true);
  });

  it("lets flags win over -D, -D over the environment, and that over the file", async () => {
    const [a, b, c, d] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const path = file(
      "mine.conf",
      `aloha.master.rest.port ${a}`,
      `aloha.master.port=${a}`,
      "aloha.deploy.recoveryMode NONE",
    );
    const child = start(
      [
        "master",
        "--properties-file",
        path,
        `-Daloha.master.port=${c}`,
        `-Daloha.master.rest.port=${c}`,
        "--rest-port",
        String(d),
      ],
      { ALOHA_MASTER_PORT: String(b) },
    );
    const [line] = await child.untilOutput(/.*master is ready.*/);
    expect(JSON.parse(line)).toMatchObject({
      workers: `aloha://127.0.0.1:${c}`,
      http: `http://127.0.0.1:${d}`,
      recovery: "NONE",
      configuration: path,
    });
    expect(existsSync(join(directory, "recovery"))).toBe(false);
  });

  it("reads conf/aloha-default.conf in its home where no file is named", async () => {
    const restPort = await freePort();
    file(
      "conf/aloha-default.conf",
      "# comment",
      "",
      `aloha.master.rest.port = ${restPort}`,
      "aloha.master.port 0",
    );
    await start(["master"]).untilOutput(
      new RegExp(`"http":"http://127.0.0.1:${restPort}".*conf/aloha-default.conf`),
    );
  });

  it("names every unknown key and bad value with file and line, and ends with 2", async () => {
    const path = file(
      "bad.conf",
      "aloha.master.prot 1234",
      "",
      "aloha.worker.timeout soon",
      "aloha.x.mine free",
      "spark.master local",
    );
    const result = await aloha(
      ["master", "--properties-file", path, "-Daloha.nonsense=1", "-p", "70000"],
      {
        cwd: directory,
        env: { ALOHA_HOME: directory, ALOHA_WORKER_CORES: "many" },
      },
    );
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    const lines = result.stderr.trim().split("\n");
    const expected = [
      /--port: .*70000/,
      /-D: .*aloha\.nonsense/,
      /ALOHA_WORKER_CORES: .*"many"/,
      /bad\.conf:1: .*aloha\.master\.prot.*aloha\.master\.port/,
      /bad\.conf:3: .*aloha\.worker\.timeout.*"soon"/,
    ];
    for (const [index, pattern] of expected.entries()) expect(lines[index]).toMatch(pattern);
    expect(lines).toHaveLength(expected.length);
    expect(existsSync(join(directory, "recovery"))).toBe(false);
  });

  it("only warns of unknown keys with --ignore-unknown", async () => {
    const path = file("bad.conf", "aloha.master.prot 1234");
    const child = start([
      "master",
      "-p",
      "0",
      "--rest-port",
      "0",
      "--properties-file",
      path,
      "--ignore-unknown",
    ]);
    await child.untilOutput(/"level":"warn".*bad\.conf:1: .*aloha\.master\.prot/);
    await child.untilOutput(/master is ready/);
  });

  it("names a configuration file that is missing, or that is a directory", async () => {
    for (const path of [join(directory, "missing.conf"), directory]) {
      const result = await aloha(["master", "--properties-file", path], {
        cwd: directory,
        env: { ALOHA_HOME: directory },
      });
      expect(result).toMatchObject({ exitCode: 2, stdout: "" });
      expect(result.stderr).toContain(path);
      expect(result.stderr.trim().split("\n")).toHaveLength(1);
    }
  });
});
