import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import { startChild, type ChildResult } from "./support/child.ts";
import { Cluster } from "./support/cluster.ts";
import { freePort } from "./support/free-ports.ts";
import { signalPid } from "./support/processes.ts";
import { repository } from "./support/repository.ts";

const idLine = /^app-\d{14}-\d{4}\n$/;

let cluster: Cluster;
/** Nothing listens there. */
let deadUrl: string;

beforeAll(async () => {
  cluster = await Cluster.start();
  deadUrl = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

/** Exactly one JSON document on stdout, and nothing on stderr. */
async function json(command: string, ...args: readonly string[]): Promise<unknown> {
  const result = await cluster.aloha([command, "-o", "json", ...args]);
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
  return JSON.parse(result.stdout);
}

async function submit(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await cluster.aloha(["submit", ...args]);
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(idLine);
  return stdout.trim();
}

/** Refused with this exit status: one line for people, which says why. */
function expectFailure(result: ChildResult, exitCode: number, pattern: RegExp): void {
  expect(result).toMatchObject({ exitCode, stdout: "" });
  expect(result.stderr).toMatch(pattern);
  expect(result.stderr.trim().split("\n")).toHaveLength(1);
}

describe("exit status", () => {
  it("is 0 for what went well, whatever the state that is shown", async () => {
    const id = await submit("--", "false");
    await cluster.untilState(id, "FAILED");
    expect(await cluster.aloha(["status", id])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("is 1 where the application that was waited for failed, and stdout holds the id alone", async () => {
    const result = await cluster.aloha(["submit", "--wait", "--", "bash", "-c", "exit 9"]);
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toMatch(idLine);
    expect(result.stderr).toBe(`${result.stdout.trim()} FAILED: Failed with exit code 9\n`);
  });

  it("is 2 for wrong usage", async () => {
    expectFailure(
      await cluster.aloha(["ps", "--frob"]),
      2,
      /unknown option '--frob'.*aloha help ps/,
    );
    expectFailure(await cluster.aloha(["frob"]), 2, /unknown command 'frob'/);
    expectFailure(await cluster.aloha(["submit"]), 2, /nothing to submit/);
    expectFailure(await cluster.aloha(["submit", "--cores", "-1", "--", "true"]), 2, /--cores: /);
    expectFailure(await cluster.aloha(["submit", "-f", "/nowhere.yaml"]), 2, /\/nowhere\.yaml/);
  });

  it("is 3 for what is not there", async () => {
    const commands = ["status", "why", "logs", "kill", "stop"];
    for (const result of await Promise.all(
      commands.map((command) => cluster.aloha([command, "app-20200101000000-0001"])),
    )) {
      expectFailure(result, 3, /There is no application "app-20200101000000-0001"/);
    }
  });

  it("is 4 where no master is reached, soon", async () => {
    const startedMs = performance.now();
    expectFailure(
      await cluster.aloha(["ps", "--master", deadUrl]),
      4,
      new RegExp(`${deadUrl} cannot be reached: nothing listens there`),
    );
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it("is 5 where the master refuses", async () => {
    const description = (args: string): string =>
      JSON.stringify({ name: "r", entryPoint: "shell", args, memory: 64, requestId: "r-1" });
    const first = await cluster.aloha(["submit", "-f", "-"], { input: description("true") });
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(
      await cluster.aloha(["submit", "-f", "-"], { input: description("true") }),
    ).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expectFailure(
      await cluster.aloha(["submit", "-f", "-"], { input: description("false") }),
      5,
      /r-1/,
    );
  });

  it("is 6 where nobody saw how it ended", async () => {
    await using waiting = cluster.startAloha(["submit", "--wait", "--", "sleep", "300"]);
    const [id = ""] = await waiting.untilOutput(/app-\S+/);
    await cluster.untilState(id, "RUNNING");
    for (const pid of cluster.worker.ownerPids) signalPid(pid, "SIGKILL");
    const result = await waiting.result;
    expect(result.exitCode).toBe(6);
    expect(result.stderr).toMatch(/ ERROR: .*vanished/);
    expect(cluster.processes(id)).toEqual([]);
    // The next one is supervised again.
    expect(await cluster.aloha(["run", "--", "echo", "again"])).toMatchObject({
      exitCode: 0,
      stdout: "again\n",
    });
  });
});

describe("aloha run", () => {
  it.for<readonly [what: string, command: readonly string[], exitCode: number, stderr: RegExp]>([
    ["its success", ["true"], 0, /^$/],
    ["its exit code", ["bash", "-c", "exit 77"], 77, /^$/],
    [
      "128 and the signal",
      ["bash", "-c", "kill -SEGV $$"],
      139,
      /^aloha: app-\S+ FAILED: .*SIGSEGV/,
    ],
    [
      "127 for a command that is not there",
      ["no-such-command"],
      127,
      /There is no command "no-such-command"/,
    ],
    ["126 for what is no program", ["/etc/passwd"], 126, /\/etc\/passwd is not executable/],
  ])("ends with %s", async ([, command, exitCode, stderr]) => {
    const result = await cluster.aloha(["run", "--", ...command]);
    expect(result).toMatchObject({ exitCode, stdout: "" });
    expect(result.stderr).toMatch(stderr);
  });

  it("shows output as it is written, stdout and stderr apart", async () => {
    await using run = cluster.startAloha([
      "run",
      "--",
      "bash",
      "-c",
      "echo one; echo two >&2; read -r < <(sleep 300)",
    ]);
    await run.untilOutput(/one\n/);
    await run.untilOutput(/two\n/);
    expect(run.stdout).toBe("one\n");
    expect(run.stderr).toBe("two\n");
    run.kill("SIGINT");
    expect(await run.result).toMatchObject({ exitCode: 143 });
    expect(run.stderr).toMatch(
      /^two\naloha: stopping it \(Ctrl-C again kills it\)\naloha: app-\S+ KILLED: /,
    );
  });

  it("passes bytes on as they are", async () => {
    await using run = startChild(
      "bash",
      [
        "-c",
        `${process.execPath} ${repository}/packages/cli/bin/aloha.js run -- bash -c 'printf "\\0\\377\\376x"; head -c 3000000 /dev/urandom | tee >(md5sum >&2)' 2> ${cluster.directory}/sum | tail -c +5 | md5sum; cat ${cluster.directory}/sum`,
      ],
      {
        env: { ALOHA_MASTER_URL: cluster.url },
      },
    );
    const [received, sent] = (await run.result).stdout.trim().split("\n");
    expect(received).toMatch(/^[0-9a-f]{32}/);
    expect(received).toBe(sent);
  });
});

describe("-o json", () => {
  it("gives one document for every command that asks or orders", async () => {
    const { applications } = (await json(
      "submit",
      "--name",
      "j",
      "--memory",
      "64",
      "--",
      "sleep",
      "300",
    )) as { readonly applications: readonly [{ readonly id: string }] };
    const [{ id }] = applications;
    await cluster.untilState(id, "RUNNING");
    expect(await json("status", id)).toMatchObject({ id, state: "RUNNING" });
    expect(await json("ps")).toMatchObject({ applications: [{ id }], more: false });
    expect(await json("why", id)).toMatchObject({ appId: id, state: "RUNNING" });
    expect(await json("logs", id)).toMatchObject({ id, attempt: 1, stdout: { text: "" } });
    expect(await json("workers")).toMatchObject({ workers: [{ id: cluster.worker.workerId }] });
    expect(await json("status")).toMatchObject({ state: "ALIVE", applications: { RUNNING: 1 } });
    expect(await json("events")).toMatchObject({
      events: expect.arrayContaining([expect.objectContaining({ appId: id })]) as unknown,
    });
    expect(await json("stop", id)).toMatchObject({ id, accepted: true });
    expect(await json("kill", "--wait", id)).toMatchObject({ id, state: "KILLED" });
    expect(await json("kill", id)).toMatchObject({ id, accepted: false, state: "KILLED" });
    expect(await json("version")).toMatchObject({ version: "0.1.0" });
    expect(await json("submit", "--wait", "--", "true")).toMatchObject({
      applications: [{ state: "FINISHED", end: { exitCode: 0 } }],
    });
    expect(await json("ps", "-a", "--limit", "1")).toMatchObject({
      applications: [{ state: "FINISHED" }],
      more: true,
    });
  });

  it("gives one document on stderr for what goes wrong, and the same exit status", async () => {
    for (const [args, exitCode, code] of [
      [["status", "app-1"], 3, "not-found"],
      [["ps", "--frob"], 2, "invalid-argument"],
      [["ps", "--master", deadUrl], 4, "unreachable"],
      [["logs", "-f", "app-1"], 2, "invalid-argument"],
    ] as const) {
      const result = await cluster.aloha([...args, "-o", "json"]);
      expect(result).toMatchObject({ exitCode, stdout: "" });
      expect(JSON.parse(result.stderr)).toMatchObject({ error: { code } });
    }
  });
});

it("submits several descriptions of a file in order, and prints an id a line", async () => {
  const file = await cluster.write(
    "apps.yaml",
    "name: one\nentryPoint: shell\nargs: echo 1\nmemory: 64MiB\n---\nname: two\nentryPoint: shell\nargs: [echo, '2']\nmemory: 64MiB\n",
  );
  const { exitCode, stdout, stderr } = await cluster.aloha(["submit", "-f", file, "--wait"]);
  const ids = stdout.trim().split("\n");
  expect(ids).toHaveLength(2);
  expect(stderr).toBe(ids.map((id) => `${id} FINISHED: Finished with exit code 0\n`).join(""));
  expect(exitCode).toBe(0);
  expect(ids.map((id) => cluster.output(id))).toEqual(["1\n", "2\n"]);
});

it("goes to the next master where the first does not answer", async () => {
  const result = await cluster.aloha([
    "run",
    "--master",
    `${deadUrl},${cluster.url}`,
    "--",
    "echo",
    "second",
  ]);
  expect(result).toMatchObject({ exitCode: 0, stdout: "second\n", stderr: "" });
});

it("follows output and events over a crash of the master, without a gap and without repeating", async () => {
  const id = await submit(
    "--memory",
    "64",
    "--args",
    "for i in $(seq 60); do echo line $i; sleep 0.1; done",
  );
  await cluster.untilState(id, "RUNNING");
  await using logs = cluster.startAloha(["logs", "-f", id]);
  await using events = cluster.startAloha(["events", "-f", "-o", "json", "--after", "0"]);
  await logs.untilOutput(/line 5\n/);
  await events.untilOutput(new RegExp(id));
  await cluster.master.restart("SIGKILL");
  const { exitCode, stdout } = await logs.result;
  expect(stdout).toBe(Array.from({ length: 60 }, (_, index) => `line ${index + 1}\n`).join(""));
  expect(exitCode).toBe(0);
  await events.untilOutput(new RegExp(`"appId":"${id}".*"FINISHED"`));
  events.kill("SIGINT");
  const seen = (await events.result).stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { readonly sequence: number }).sequence);
  expect(seen).toEqual(seen.map((_, index) => index + 1));
});

it("says why an application waits: too large for ever, or for now", async () => {
  const large = await submit("--cores", "99", "--", "true");
  const big = await submit("--cores", "4", "--memory", "64", "--", "sleep", "300");
  await cluster.untilState(big, "RUNNING");
  const next = await submit("--cores", "2", "--", "true");
  const never = await cluster.aloha(["why", large]);
  expect(never.stdout).toMatch(/needs 99 cores.*no known worker is that large/);
  expect(never.stdout).toContain(
    `${cluster.worker.workerId}  needs 99 cores, has 4 in all: can never fit`,
  );
  expect(await json("why", large)).toMatchObject({ canNeverFit: true });
  const waits = await cluster.aloha(["why", next]);
  expect(waits.stdout).toMatch(/waits for 2 cores.*needs 2 cores, 0 free/);
  expect(await json("why", next)).toMatchObject({ canNeverFit: false, state: "SUBMITTED" });
  expect((await cluster.aloha(["why", big])).stdout).toContain(
    `runs on worker ${cluster.worker.workerId}`,
  );
  await cluster.aloha(["kill", large]);
  expect(await cluster.aloha(["kill", "--wait", big])).toMatchObject({
    exitCode: 0,
    stdout: `${big} KILLED\n`,
  });
  await cluster.untilState(next, "FINISHED");
  expect((await cluster.aloha(["why", next])).stdout).toMatch(/FINISHED/);
});

it("never prints control characters of others to a terminal or table", async () => {
  const escape = "\u001b]0;owned\u0007";
  const id = await cluster.submit({ args: ["printf", "%s", escape] });
  const unstartable = await cluster.submit({ args: [`./${escape}`] });
  await cluster.untilState(id, "FINISHED");
  await cluster.untilState(unstartable, "ERROR");
  for (const args of [
    ["ps", "-a"],
    ["status", id],
    ["status", unstartable],
    ["why", unstartable],
    ["events"],
  ]) {
    const { stdout } = await cluster.aloha(args);
    // Lines end; nothing else that is shown may be a control character.
    expect(stdout).toMatch(/^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u);
    expect(stdout.includes("owned")).toBe(args[0] !== "ps");
  }
  expect((await cluster.aloha(["logs", id])).stdout).toBe(escape);
});

it("npx aloha works in the checkout", async () => {
  const result = await startChild("npx", ["aloha", "run", "--", "echo", "by npx"], {
    cwd: repository,
    env: { ALOHA_MASTER_URL: cluster.url },
  }).result;
  expect(result).toMatchObject({ exitCode: 0, stdout: "by npx\n" });
});

it("shows help and version without a master", async () => {
  const commandLines = [
    ["--help"],
    ["help"],
    [],
    ["help", "submit"],
    ["submit", "--help"],
    ["--version"],
    ["version"],
  ];
  for (const result of await Promise.all(commandLines.map((args) => aloha(args)))) {
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toMatch(/aloha/);
  }
});
