import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { capturedContext, runCaptured } from "./support/captured-context.ts";
import type { CaptureOptions, CommandResult } from "./support/captured-context.ts";
import { endedApplication, sampleApplication, startFakeMaster } from "./support/fake-master.ts";
import type { FakeMaster } from "./support/fake-master.ts";
import { runCommandLine } from "../src/run-command-line.ts";

let master: FakeMaster;

beforeEach(async () => {
  master = await startFakeMaster();
});

afterEach(async () => {
  await master[Symbol.asyncDispose]();
});

function aloha(argv: readonly string[], options: CaptureOptions = {}): Promise<CommandResult> {
  return runCaptured(argv, {
    ...options,
    environment: { ALOHA_MASTER_URL: master.url, ...options.environment },
  });
}

/** Applications end at once, like this. */
function endWith(
  end: Parameters<typeof endedApplication>[1],
  output: { readonly stdout?: string; readonly stderr?: string } = {},
): void {
  master.onSubmit = (application) => {
    master.applications.set(application.id, endedApplication(application, end));
    master.output.set(`${application.id}/stdout`, output.stdout ?? "");
    master.output.set(`${application.id}/stderr`, output.stderr ?? "");
  };
}

describe("submit", () => {
  it("prints the id alone", async () => {
    const result = await aloha(["submit", "--name", "orders", "--", "sleep", "5"]);
    expect(result).toEqual({ exitCode: 0, out: "app-20251122160102-0001\n", err: "" });
    expect(master.asked[0]?.body).toMatchObject({
      name: "orders",
      entryPoint: "shell",
      args: ["sleep", "5"],
    });
  });

  it("sends a request id, so that a repeated request is accepted once", async () => {
    await aloha(["submit", "--", "true"]);
    expect(master.asked[0]?.body["requestId"]).toMatch(/^[0-9a-f-]{36}$/);
    await aloha(["submit", "--request-id", "nightly-1", "--", "true"]);
    expect(master.asked[1]?.body["requestId"]).toBe("nightly-1");
  });

  it("turns flags into the fields of a description", async () => {
    const result = await aloha(
      [
        "submit",
        "--args",
        "echo $A",
        "--cores",
        "0.5",
        "--memory",
        "2GiB",
        "--supervise",
        "--env",
        "A=1=2",
        "--env",
        "HOME",
        "--label",
        "team=x",
        "--timeout",
        "30s",
        "--restart-on",
        "failure,oom",
        "--restarts",
        "5",
        "--grace",
        "3s",
      ],
      { environment: { HOME: "/home/me" } },
    );
    expect(result.err).toBe("");
    expect(master.asked[0]?.body).toMatchObject({
      name: "shell",
      args: "echo $A",
      cores: 0.5,
      memory: "2GiB",
      supervise: true,
      environment: { A: "1=2", HOME: "/home/me" },
      labels: { team: "x" },
      timeout: "30s",
      stop: { grace: "3s" },
      restart: { on: ["failure", "oom"], maxAttempts: 5 },
    });
  });

  it("refuses a bad flag by its name, with exit status 2 and nothing submitted", async () => {
    const result = await aloha(["submit", "--memory", "lots", "--cores", "-1", "--", "true"]);
    expect(result.exitCode).toBe(2);
    expect(result.out).toBe("");
    expect(result.err).toContain("--memory: ");
    expect(result.err).toContain("--cores: ");
    expect(master.asked).toEqual([]);
  });

  it.each([
    [{ state: "FINISHED", reason: "completed", exitCode: 0 }, 0],
    [{ state: "FAILED", reason: "exit-code", exitCode: 3 }, 1],
    [{ state: "KILLED", reason: "killed" }, 1],
    [{ state: "TIMED_OUT", reason: "timeout" }, 1],
    [{ state: "ERROR", reason: "start-failed" }, 1],
    [{ state: "ERROR", reason: "exit-unknown" }, 6],
  ] as const)("with --wait exits by the end %j: %i", async (end, exitCode) => {
    endWith(end);
    const result = await aloha(["submit", "--wait", "--", "true"]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.out).toBe("app-20251122160102-0001\n");
    expect(result.err).toContain(`${end.state}: ended as ${end.reason}`);
  });

  it("with --follow prints the application's output and nothing else to stdout", async () => {
    endWith(
      { state: "FINISHED", reason: "completed", exitCode: 0 },
      { stdout: "1\n2\n", stderr: "oops\n" },
    );
    const result = await aloha(["submit", "--follow", "--", "seq", "2"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).toBe("1\n2\n");
    expect(result.err).toContain("oops\n");
  });

  it("with -o json gives one document", async () => {
    const result = await aloha(["submit", "-o", "json", "--", "true"]);
    expect(JSON.parse(result.out)).toEqual({
      applications: [{ id: "app-20251122160102-0001", name: "true", duplicate: false }],
    });
  });
});

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
    return aloha(["submit", "-f", "apps.yaml", ...flags], { workingDirectory: directory });
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
    expect(master.asked.map(({ body }) => body["name"])).toEqual(["a", "b"]);
  });

  it("reads JSON, and standard input as `-`", async () => {
    const result = await aloha(["submit", "-f", "-"], {
      stdin: '{"name": "j", "entryPoint": "shell", "args": "true"}',
    });
    expect(result.exitCode).toBe(0);
    expect(master.asked[0]?.body).toMatchObject({ name: "j" });
  });

  it("names file and line of every problem, and then submits nothing at all", async () => {
    const result = await submitFile(
      "name: a\nentryPoint: shell\n---\nname: b\nentryPoint: shell\ncoers: 2\nrestart:\n  on: [failure]\n  backoff:\n    initial: soon\n",
    );
    expect(result.exitCode).toBe(2);
    expect(result.err).toContain("apps.yaml:6: ");
    expect(result.err).toContain("apps.yaml:10: ");
    expect(master.asked).toEqual([]);
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
    expect(master.asked[0]?.body).toMatchObject({ name: "c", environment: { A: "1", B: "2" } });
  });

  it("says which file cannot be read", async () => {
    const result = await aloha(["submit", "-f", "missing.yaml"], { workingDirectory: directory });
    expect(result.exitCode).toBe(2);
    expect(result.err).toContain("missing.yaml cannot be read");
  });
});

describe("run", () => {
  it.each([
    [{ state: "FINISHED", reason: "completed", exitCode: 0 }, 0],
    [{ state: "FAILED", reason: "exit-code", exitCode: 42 }, 42],
    [{ state: "FAILED", reason: "signal", signal: "SIGKILL" }, 137],
    [{ state: "KILLED", reason: "killed", exitCode: 0 }, 1],
    [{ state: "ERROR", reason: "exit-unknown" }, 6],
  ] as const)("exits as its command ended %j: %i", async (end, exitCode) => {
    endWith(end, { stdout: "out\n", stderr: "err\n" });
    const result = await aloha(["run", "--", "cmd", "-o", "x"]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.out).toBe("out\n");
    expect(result.err).toContain("err\n");
    expect(master.asked[0]?.body).toMatchObject({ name: "cmd", args: ["cmd", "-o", "x"] });
  });

  it("takes everything from the command on as its arguments, also without `--`", async () => {
    endWith({ state: "FINISHED", reason: "completed", exitCode: 0 });
    await aloha(["run", "--cores", "2", "ls", "--name", "x"]);
    expect(master.asked[0]?.body).toMatchObject({
      name: "ls",
      cores: 2,
      args: ["ls", "--name", "x"],
    });
  });

  it("asks the application to stop at Ctrl-C, and kills it at the second", async () => {
    const asked: boolean[] = [];
    let submitted: () => void = () => {};
    const running = new Promise<void>((resolve) => {
      submitted = resolve;
    });
    master.onSubmit = (application) => {
      master.applications.set(application.id, { ...application, state: "RUNNING" });
      submitted();
    };
    const context = capturedContext({ environment: { ALOHA_MASTER_URL: master.url } });
    master.onKill = (application, immediately) => {
      asked.push(immediately);
      if (immediately) {
        master.applications.set(
          application.id,
          endedApplication(application, { state: "KILLED", reason: "killed", signal: "SIGKILL" }),
        );
      } else {
        context.interrupt();
      }
    };
    const exited = runCommandLine(["run", "--", "sleep", "100"], context);
    await running;
    await waitFor(() => master.asked.some(({ method }) => method === "GET"));
    context.interrupt();
    expect(await exited).toBe(137);
    expect(asked).toEqual([false, true]);
  });
});

describe("ps", () => {
  beforeEach(() => {
    master.applications.set(
      "app-20251122160102-0001",
      sampleApplication({ name: "wait\u001b[2Jing" }),
    );
    master.applications.set(
      "app-20251122160102-0002",
      endedApplication(sampleApplication({ id: "app-20251122160102-0002", name: "old" }), {
        state: "FAILED",
        reason: "exit-code",
        exitCode: 3,
      }),
    );
  });

  it("shows the live ones in columns, with whole ids and readable ages", async () => {
    const result = await aloha(["ps"], { now: Date.UTC(2025, 10, 22, 16, 4, 22) });
    const [head, row, ...more] = result.out.trimEnd().split("\n");
    expect(head?.split(/\s+/)).toEqual([
      "ID",
      "NAME",
      "STATE",
      "CORES",
      "MEMORY",
      "AGE",
      "RAN",
      "END",
    ]);
    expect(row).toContain("app-20251122160102-0001");
    expect(row).toContain("3m 20s");
    expect(more).toEqual([]);
  });

  it("escapes control characters that came from outside", async () => {
    const result = await aloha(["ps"]);
    expect(result.out).toContain("wait\\u001b[2Jing");
    expect(result.out).not.toContain("\u001b");
  });

  it("shows the ended ones with -a, and how they ended", async () => {
    const result = await aloha(["ps", "-a"]);
    expect(result.out).toContain("app-20251122160102-0002");
    expect(result.out).toContain("exit code 3");
  });

  it("filters by state in any spelling, and refuses an unknown one", async () => {
    expect((await aloha(["ps", "--state", "failed"])).out).toContain("0002");
    const refused = await aloha(["ps", "--state", "gone"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.err).toContain("FINISHED");
  });

  it("says when there are more than the limit", async () => {
    const result = await aloha(["ps", "-a", "--limit", "1", "-o", "json"]);
    expect(JSON.parse(result.out)).toMatchObject({ applications: [{ name: "old" }], more: true });
  });

  it("prints nothing to stdout where there is nothing", async () => {
    master.applications.clear();
    const result = await aloha(["ps"]);
    expect(result).toMatchObject({ exitCode: 0, out: "" });
    expect(result.err).toContain("aloha ps -a");
  });
});

describe("status, why, workers", () => {
  it("shows one application with its attempts", async () => {
    master.applications.set(
      "app-1",
      endedApplication(sampleApplication({ id: "app-1" }), {
        state: "FAILED",
        reason: "exit-code",
        exitCode: 3,
      }),
    );
    const result = await aloha(["status", "app-1"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).toContain("FAILED");
    expect(result.out).toContain("exit-code: ended as exit-code");
    expect(result.out).toContain("4711");
  });

  it("shows the cluster without an id", async () => {
    const result = await aloha(["status"]);
    expect(result.out).toContain("2 RUNNING, 1 SUBMITTED");
    expect(result.out).toContain("1.5 of 4 in use");
  });

  it("says why an application waits", async () => {
    master.applications.set("app-1", sampleApplication({ id: "app-1" }));
    const result = await aloha(["why", "app-1"]);
    expect(result.out).toContain("It needs 8 cores");
    expect(result.out).toContain("needs 8 cores, has 4");
  });

  it("lists the workers", async () => {
    const result = await aloha(["workers"]);
    expect(result.out).toContain("1.5/4");
    expect(result.out).toContain("127.0.0.1:40001");
  });
});

describe("logs", () => {
  beforeEach(() => {
    master.applications.set(
      "app-1",
      endedApplication(sampleApplication({ id: "app-1" }), {
        state: "FINISHED",
        reason: "completed",
        exitCode: 0,
      }),
    );
    master.output.set("app-1/stdout", "one\n\u001b[31mtwo\u001b[0m\n");
    master.output.set("app-1/stderr", "warn\n");
  });

  it("prints the bytes as they are, each stream to its own", async () => {
    const result = await aloha(["logs", "app-1"]);
    expect(result).toEqual({ exitCode: 0, out: "one\n\u001b[31mtwo\u001b[0m\n", err: "warn\n" });
  });

  it("prints stderr to stdout where it was asked for alone", async () => {
    expect(await aloha(["logs", "app-1", "--stderr"])).toEqual({
      exitCode: 0,
      out: "warn\n",
      err: "",
    });
  });

  it("begins at an offset, or so many bytes before the end", async () => {
    expect((await aloha(["logs", "app-1", "--stdout", "--offset", "4"])).out).toBe(
      "\u001b[31mtwo\u001b[0m\n",
    );
    expect((await aloha(["logs", "app-1", "--stderr", "--tail", "3B"])).out).toBe("rn\n");
    expect((await aloha(["logs", "app-1", "--tail", "3", "--offset", "3"])).exitCode).toBe(2);
  });

  it("follows to the end of the application", async () => {
    expect((await aloha(["logs", "-f", "app-1", "--stderr"])).out).toBe("warn\n");
  });

  it("gives one JSON document", async () => {
    const result = await aloha(["logs", "app-1", "-o", "json"]);
    expect(JSON.parse(result.out)).toMatchObject({
      id: "app-1",
      attempt: 1,
      stderr: { offset: 0, complete: true, text: "warn\n" },
    });
  });

  it("says that an application has no output before its first attempt", async () => {
    master.applications.set("app-2", sampleApplication({ id: "app-2" }));
    const result = await aloha(["logs", "app-2"]);
    expect(result).toMatchObject({ exitCode: 0, out: "" });
    expect(result.err).toContain("no attempt was made yet");
  });
});

describe("stop and kill", () => {
  beforeEach(() => {
    master.applications.set("app-1", sampleApplication({ id: "app-1", state: "RUNNING" }));
  });

  it("stop asks for grace, kill does not", async () => {
    master.onKill = () => {};
    expect((await aloha(["stop", "app-1"])).out).toBe("app-1 is being stopped\n");
    expect((await aloha(["kill", "app-1", "--reason", "wrong input"])).out).toBe(
      "app-1 is being killed\n",
    );
    expect(master.asked.map(({ body }) => body)).toEqual([
      { immediately: false },
      { immediately: true, reason: "wrong input" },
    ]);
  });

  it("with --wait succeeds once it is gone", async () => {
    const result = await aloha(["kill", "app-1", "--wait"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).toContain("KILLED");
  });

  it("is no error for an application that has already ended", async () => {
    master.applications.set(
      "app-1",
      endedApplication(sampleApplication({ id: "app-1" }), {
        state: "FINISHED",
        reason: "completed",
      }),
    );
    expect(await aloha(["kill", "app-1"])).toMatchObject({
      exitCode: 0,
      out: "app-1 had already ended: FINISHED\n",
    });
  });
});

describe("events", () => {
  it("prints those that are kept, after the number that is given, and ends", async () => {
    for (const sequence of [1, 2, 3]) {
      master.events.push({
        kind: "alert",
        sequence,
        atMs: 0,
        code: "disk",
        message: `event ${sequence}`,
      });
    }
    const result = await aloha(["events", "--after", "1"]);
    expect(result.exitCode).toBe(0);
    expect(result.out).not.toContain("event 1");
    expect(result.out).toContain("event 2");
    expect(result.out).toContain("event 3");
  });
});

describe("failures", () => {
  it.each([
    [404, "not-found", 3],
    [400, "invalid-argument", 2],
    [429, "limit-exceeded", 5],
    [409, "conflict", 5],
    [500, "internal", 5],
  ])("an answer %i %s gives exit status", async (status, code, exitCode) => {
    master.refusal = { status, code, message: "no\u001b[2J way" };
    const result = await aloha(["submit", "--", "true"]);
    expect(result).toEqual({ exitCode, out: "", err: "aloha: no\\u001b[2J way\n" });
  });

  it("an unknown application is not found", async () => {
    expect((await aloha(["status", "app-9"])).exitCode).toBe(3);
  });

  it("a master that cannot be reached is named, with exit status 4", async () => {
    const result = await runCaptured(["ps", "--master", "http://127.0.0.1:1"]);
    expect(result.exitCode).toBe(4);
    expect(result.err).toContain("http://127.0.0.1:1");
  });

  it("asks the other master where one does not answer", async () => {
    const result = await aloha(["ps", "--master", `http://127.0.0.1:1,${master.url}`]);
    expect(result.exitCode).toBe(0);
  });

  it("with -o json an error is a JSON document on stderr, and stdout stays empty", async () => {
    const unknown = await aloha(["status", "app-9", "-o", "json"]);
    expect(unknown.out).toBe("");
    expect(JSON.parse(unknown.err)).toMatchObject({ error: { code: "not-found" } });
    const usage = await aloha(["ps", "-o", "json", "--bogus"]);
    expect(usage.exitCode).toBe(2);
    expect(JSON.parse(usage.err)).toMatchObject({ error: { code: "invalid-argument" } });
  });

  it.each([[["bogus"]], [["ps", "--bogus"]], [["kill"]], [["ps", "--limit", "0"]], [["submit"]]])(
    "wrong usage %j gives exit status 2 and no output",
    async (argv) => {
      const result = await aloha(argv);
      expect(result.exitCode).toBe(2);
      expect(result.out).toBe("");
      expect(result.err).toMatch(/^aloha: /);
    },
  );

  it("does not pretend that raw output is a JSON document", async () => {
    for (const argv of [
      ["run", "-o", "json", "true"],
      ["logs", "-f", "app-1", "-o", "json"],
      ["submit", "--follow", "-o", "json", "true"],
    ]) {
      expect(await aloha(argv)).toMatchObject({ exitCode: 2, out: "" });
    }
  });

  it("help and version succeed", async () => {
    expect((await aloha(["--help"])).out).toContain("submit");
    expect((await aloha([])).out).toContain("Exit status");
    expect((await aloha(["help", "ps"])).out).toContain("--state");
    expect((await aloha(["submit", "--help"])).out).toContain("--request-id");
    expect((await aloha(["version"])).out).toMatch(/^aloha \d+\.\d+\.\d+\n$/);
  });
});

async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
