import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCaptured } from "../support/captured-context.ts";
import type { CommandResult } from "../support/captured-context.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "aloha-config-"));
  mkdirSync(join(home, "conf"));
});

afterEach(() => rmSync(home, { recursive: true }));

function writeConf(...lines: readonly string[]): void {
  writeFileSync(join(home, "conf", "aloha-default.conf"), `${lines.join("\n")}\n`);
}

function run(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return runCaptured(["config", ...argv], {
    workingDirectory: home,
    environment: { ALOHA_HOME: home, ...environment },
  });
}

const fieldsOf = (out: string, key: string): readonly string[] | undefined =>
  out
    .split("\n")
    .find((line) => line.startsWith(`${key} `))
    ?.split(/\s{2,}/);

test("config show gives every value and where it came from, for one daemon with its flags", async () => {
  writeConf("# mine", "aloha.worker.dir /data", "aloha.worker.timeout 90");
  const { exitCode, out } = await run(
    ["show", "worker", "-Daloha.rpc.askTimeout=7", "--cores", "3"],
    {
      ALOHA_WORKER_MEMORY: "2G",
    },
  );
  expect(exitCode).toBe(0);
  expect(fieldsOf(out, "aloha.worker.cores")).toEqual(["aloha.worker.cores", "3", "--cores"]);
  expect(fieldsOf(out, "aloha.rpc.askTimeout")).toEqual(["aloha.rpc.askTimeout", "7s", "-D"]);
  expect(fieldsOf(out, "aloha.worker.memory")).toEqual([
    "aloha.worker.memory",
    "2GiB",
    "ALOHA_WORKER_MEMORY",
  ]);
  expect(fieldsOf(out, "aloha.worker.dir")).toEqual([
    "aloha.worker.dir",
    "/data",
    "conf/aloha-default.conf:2",
  ]);
  expect(fieldsOf(out, "aloha.worker.port")).toEqual(["aloha.worker.port", "0", "default"]);
  expect(out).not.toContain("aloha.master.port");
  const all = await run(["show"]);
  expect(fieldsOf(all.out, "aloha.worker.timeout")).toEqual([
    "aloha.worker.timeout",
    "90s",
    "conf/aloha-default.conf:3",
  ]);
});

test("config show -o json is one document; what an extension keeps secret is not in it", async () => {
  writeConf("aloha.x.mail.password hunter2", "aloha.x.mail.host smtp", "spark.foo bar");
  const { out } = await run(["show", "-o", "json"]);
  expect(out).not.toContain("hunter2");
  const shown = JSON.parse(out) as { readonly settings: readonly { readonly name: string }[] };
  expect(shown).toMatchObject({
    file: join(home, "conf", "aloha-default.conf"),
    warnings: [expect.stringMatching(/conf\/aloha-default\.conf:3: .*spark\.foo/)],
  });
  expect(shown.settings).toContainEqual({
    name: "aloha.x.mail.host",
    value: "smtp",
    origin: { kind: "file", file: "conf/aloha-default.conf", line: 2 },
  });
  expect(shown.settings).toContainEqual({
    name: "aloha.master.port",
    value: "7077",
    origin: { kind: "default" },
    default: "7077",
  });
});

test("config show takes no flag that the daemon does not have", async () => {
  expect(await run(["show", "--cores", "3"])).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/--cores: say whose it is: master or worker/),
  });
  expect(await run(["show", "master", "--cores", "3"])).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/--cores: no flag of master/),
  });
});

test("config check says everything that is wrong at once, in the order of the lines, with the name that was meant", async () => {
  writeConf(
    "aloha.worker.timeot 30s",
    "aloha.master.port 99999",
    "aloha.deploy.zookeeper.url zk:2181",
    "aloha.executor.logs.rolling.strategy sise",
    "novalue",
  );
  const { exitCode, out, err } = await run(["check"], { ALOHA_WORKER_CORES: "many" });
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err.trim().split("\n")).toEqual([
    expect.stringMatching(/^aloha: ALOHA_WORKER_CORES: .*"many" is not a number/),
    expect.stringMatching(/:1: .*"aloha\.worker\.timeot"; did you mean aloha\.worker\.timeout\?/),
    expect.stringMatching(/:2: aloha\.master\.port: 99999 is too large: at most 65535/),
    expect.stringMatching(/:3: aloha\.deploy\.zookeeper\.url does nothing without/),
    expect.stringMatching(/:4: .*"sise" is not one of size, time, ""/),
    expect.stringMatching(/:5: "novalue" has no value/),
  ]);
});

test("config check reads what only the daemons read: networks, modules, labels and resources", async () => {
  writeConf(
    "aloha.rest.submissions.trust 10.0.0.0/40",
    "aloha.extraListeners #Listener",
    "aloha.deploy.recoveryMode CUSTOM",
    "aloha.worker.labels zone",
    "aloha.worker.resources gpu=many",
  );
  const { exitCode, err } = await run(["check"]);
  expect(exitCode).toBe(2);
  expect(err.trim().split("\n")).toEqual([
    expect.stringMatching(/:1: aloha\.rest\.submissions\.trust: "10\.0\.0\.0\/40" is no network/),
    expect.stringMatching(/:2: aloha\.extraListeners: "#Listener" does not name a module/),
    expect.stringMatching(/:3: .*=CUSTOM needs aloha\.deploy\.recoveryMode\.factory/),
    expect.stringMatching(/:4: aloha\.worker\.labels: "zone" is not name=value/),
    expect.stringMatching(/:5: aloha\.worker\.resources: "gpu=many" is not a resource/),
  ]);
});

test("config check names the file that is in order, also one that no daemon would read by itself", async () => {
  writeConf("aloha.worker.timeot 30s");
  const other = join(home, "other.conf");
  writeFileSync(other, "aloha.worker.timeout=30s\n");
  expect(await run(["check", "other.conf"])).toEqual({
    exitCode: 0,
    out: `${other} is in order.\n`,
    err: "",
  });
  expect(await run(["check", "missing.conf"])).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/missing\.conf cannot be read/),
  });
});

test("ZOOKEEPER says that it is not available yet, and what to use", async () => {
  writeConf("aloha.deploy.recoveryMode zookeeper", "aloha.deploy.zookeeper.url zk:2181");
  expect(await run(["check"])).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/^aloha: \S+:1: .*ZOOKEEPER is not available yet; FILESYSTEM .*\n$/),
  });
});
