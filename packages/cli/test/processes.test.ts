import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { endedApplication, startFakeMaster } from "./support/fake-master.ts";
import type { FakeMaster } from "./support/fake-master.ts";
import { startProcess } from "./support/run-process.ts";
import type { RunningProcess } from "./support/run-process.ts";

vi.setConfig({ testTimeout: 30_000 });

// These run what was built: `npm test` builds before it tests.

let master: FakeMaster;
let running: RunningProcess | undefined;

beforeEach(async () => {
  master = await startFakeMaster();
});

afterEach(async () => {
  running?.child.kill("SIGKILL");
  await master[Symbol.asyncDispose]();
});

function aloha(...argv: readonly string[]): RunningProcess {
  running = startProcess(argv, { ALOHA_MASTER_URL: master.url });
  return running;
}

it("prints an id that a script can take, plain and alone", async () => {
  expect(await aloha("submit", "--", "sleep", "1").result).toEqual({
    exitCode: 0,
    signal: null,
    out: "app-20251122160102-0001\n",
    err: "",
  });
});

it("exits with the exit status of the command it ran, and passes its bytes on", async () => {
  master.onSubmit = (application) => {
    master.applications.set(
      application.id,
      endedApplication(application, { state: "FAILED", reason: "exit-code", exitCode: 42 }),
    );
    master.output.set(`${application.id}/stdout`, "out\n");
    master.output.set(`${application.id}/stderr`, "err\n");
  };
  const result = await aloha("run", "--", "false").result;
  expect(result).toMatchObject({ exitCode: 42, out: "out\n" });
  expect(result.err).toContain("err\n");
});

it("stops the command at SIGINT and waits for its end", async () => {
  const submitted = new Promise<void>((resolve) => {
    master.onSubmit = (application) => {
      master.applications.set(application.id, { ...application, state: "RUNNING", attempt: 1 });
      master.output.set(`${application.id}/stdout`, "begun\n");
      resolve();
    };
  });
  master.onKill = (application) => {
    master.applications.set(
      application.id,
      endedApplication(application, { state: "KILLED", reason: "killed", signal: "SIGTERM" }),
    );
  };
  const run = aloha("run", "--", "sleep", "100");
  await submitted;
  await run.untilOutput("begun");
  run.child.kill("SIGINT");
  expect(await run.result).toMatchObject({ exitCode: 143, signal: null });
});

it("ends quietly when its reader has seen enough", async () => {
  master.onSubmit = (application) => {
    master.applications.set(
      application.id,
      endedApplication(application, { state: "FINISHED", reason: "completed", exitCode: 0 }),
    );
    master.output.set(`${application.id}/stdout`, "line\n".repeat(200_000));
  };
  await aloha("submit", "--", "yes").result;
  const logs = aloha("logs", "app-20251122160102-0001");
  logs.child.stdout?.destroy();
  expect(await logs.result).toMatchObject({ exitCode: 0, err: "" });
});

it("answers errors with the exit status that is promised", async () => {
  expect(await aloha("status", "app-9").result).toMatchObject({ exitCode: 3, out: "" });
  expect(await aloha("ps", "--nonsense").result).toMatchObject({ exitCode: 2, out: "" });
  expect(await aloha("ps", "--master", "http://127.0.0.1:1").result).toMatchObject({
    exitCode: 4,
    out: "",
  });
});
