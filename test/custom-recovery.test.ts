import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application } from "@aloha/api";
import { expect, it, onTestFinished } from "vitest";
import { aloha } from "./support/aloha.ts";
import { Daemon } from "./support/daemon.ts";
import { freePort } from "./support/free-ports.ts";
import { http } from "./support/http.ts";
import { inParallel } from "./support/in-parallel.ts";
import { repository } from "./support/repository.ts";

const example = join(repository, "examples/recovery/journal-recovery.mjs");

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "aloha-custom-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

it(
  "keeps what was accepted through kill -9, with the example of a recovery mode",
  { timeout: 60_000 },
  async () => {
    const directory = newDirectory();
    const restPort = await freePort();
    const url = `http://127.0.0.1:${restPort}`;
    const master = new Daemon({
      name: "master",
      args: [
        ...["master", "-p", "0", "--rest-port", String(restPort)],
        ...[
          "-Daloha.deploy.recoveryMode=custom",
          `-Daloha.deploy.recoveryMode.factory=${example}#JournalRecovery`,
        ],
        `-Daloha.x.journal=${join(directory, "journal")}`,
      ],
      env: { ALOHA_HOME: directory },
      logFile: join(directory, "master.log"),
      isReady: async () => (await http("GET", `${url}/readyz`)).status === 200,
    });
    onTestFinished(async () => {
      if (master.isRunning) await master.kill();
    });
    await master.start();
    const ids = await inParallel(50, 8, async (index) => {
      const body = { name: `job-${index}`, entryPoint: "shell" };
      return (await http("POST", `${url}/api/v1/applications`, body)).json<{
        readonly id: string;
      }>().id;
    });
    await master.kill("SIGKILL");
    await master.start();
    const found = await inParallel(ids.length, 8, async (index) =>
      (await http("GET", `${url}/api/v1/applications/${ids[index]}`)).json<Application>(),
    );
    expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual(
      ids.map((_, index) => `job-${index} SUBMITTED`),
    );
    expect((await master.stop()).exitCode).toBe(0);
  },
);

it("refuses to start without its module, or with a module and another mode", async () => {
  const master = (...settings: readonly string[]): ReturnType<typeof aloha> =>
    aloha(["master", "-p", "0", "--rest-port", "0", ...settings.map((setting) => `-D${setting}`)], {
      env: { ALOHA_HOME: newDirectory() },
    });
  const bare = await master("aloha.deploy.recoveryMode=CUSTOM");
  expect(bare.exitCode).toBe(2);
  expect(bare.stderr).toContain(
    "aloha.deploy.recoveryMode=CUSTOM needs aloha.deploy.recoveryMode.factory",
  );
  const idle = await master(`aloha.deploy.recoveryMode.factory=${example}`);
  expect(idle.exitCode).toBe(2);
  expect(idle.stderr).toContain("does nothing without aloha.deploy.recoveryMode=CUSTOM");
  const unset = await master(
    "aloha.deploy.recoveryMode=CUSTOM",
    `aloha.deploy.recoveryMode.factory=${example}`,
  );
  expect(unset.exitCode).toBe(2);
  expect(unset.stderr).toContain("Set aloha.x.journal to the path of a file.");
});
