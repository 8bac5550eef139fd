import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { aloha, startAloha } from "./support/aloha.ts";
import { startChild, type Child } from "./support/child.ts";
import { eventually } from "./support/eventually.ts";
import { freePort } from "./support/free-ports.ts";
import {
  killAll,
  listProcesses,
  processesMarked,
  processesNaming,
  type ProcessInfo,
} from "./support/processes.ts";
import { repository } from "./support/repository.ts";

let directory: string;
let port: number;
let restPort: number;
let url: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "aloha-dev-e2e-"));
  port = await freePort();
  restPort = await freePort();
  url = `http://127.0.0.1:${restPort}`;
});

afterEach(async () => {
  await killAll(ours, `what uses ${directory}`);
  rmSync(directory, { recursive: true, force: true });
});

it("npm start runs a cluster with an example, shows its lines as they come, and succeeds", async () => {
  await using start = startChild("npm", ["start", "--", "--once", ...devOptions()], {
    cwd: repository,
  });
  const { exitCode, stdout } = await start.result;
  expect(stdout).toMatch(/^master +ready in [\d.]+ s/m);
  expect(stdout).toMatch(/^worker +ready in [\d.]+ s/m);
  expect(stdout).toMatch(/^example +app-\d{14}-\d{4} submitted/m);
  expect(stdout).toMatch(/^0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n/m);
  expect(stdout).toMatch(/^example +FINISHED after 1[12]\.\d+ s$/m);
  expect(stdout).toMatch(/^master +stopped/m);
  expect(exitCode).toBe(0);
  // The example writes a line a second; each is shown long before the next.
  const at = (line: string): number =>
    start.pieces.find(({ text }) => text.startsWith(line))?.atMs ?? Number.NaN;
  expect(at("9\n") - at("1\n")).toBeGreaterThan(7000);
  expect(at("9\n") - at("1\n")).toBeLessThan(9500);
  expect(ours()).toEqual([]);
});

it("aloha dev serves until Ctrl-C, ends what it runs, and can be started in the same directory again", async () => {
  await using first = dev();
  await first.untilOutput(/Ctrl-C stops everything/);
  const id = await submit("sleep 300 & trap '' TERM; sleep 300");
  await untilMarked(id, 2);
  first.kill("SIGINT");
  await first.untilOutput(/1 application/);
  first.kill("SIGINT");
  expect(await first.result).toMatchObject({ exitCode: 0, stderr: "" });
  expect(first.stdout).toContain("all of them have ended, and their processes are gone");
  expect(processesMarked(id)).toEqual([]);
  expect(ours()).toEqual([]);

  await using second = dev();
  await second.untilOutput(/Ctrl-C stops everything/);
  expect(second.stdout).not.toContain("recovered");
  const { stdout } = await client("ps", "-a", "-o", "json");
  expect(JSON.parse(stdout)).toMatchObject({ applications: [{ id, state: "KILLED" }] });
  second.kill("SIGTERM");
  expect(await second.result).toMatchObject({ exitCode: 0 });
  expect(ours()).toEqual([]);
});

it("aloha dev that was killed goes on with its applications when it is started again, and leaves nothing behind", async () => {
  await using first = dev();
  await first.untilOutput(/Ctrl-C stops everything/);
  const marks = join(directory, "marks");
  const kept = await submit(`echo begun >> ${marks}; sleep 300`);
  await untilMarked(kept, 1);
  first.kill("SIGKILL");
  await first.result;

  await using second = dev();
  await second.untilOutput(/recovered +1 RUNNING/);
  await second.untilOutput(/Ctrl-C stops everything/);
  expect(processesMarked(kept).length).toBeGreaterThan(0);
  expect(readFileSync(marks, "utf8")).toBe("begun\n");
  expect(await client("run", "--", "echo", "still", "here")).toMatchObject({
    exitCode: 0,
    stdout: "still here\n",
  });
  second.kill("SIGINT");
  expect(await second.result).toMatchObject({ exitCode: 0 });
  expect(processesMarked(kept)).toEqual([]);
  expect(ours()).toEqual([]);
});

it("aloha dev starts afresh where its directory was removed after it was killed, and ends what ran in it", async () => {
  await using first = dev();
  await first.untilOutput(/Ctrl-C stops everything/);
  const id = await submit("sleep 300");
  await untilMarked(id, 1);
  const processes = ours();
  first.kill("SIGKILL");
  await first.result;
  rmSync(directory, { recursive: true, force: true });

  await using second = dev();
  await second.untilOutput(/Ctrl-C stops everything/);
  expect(await client("run", "--", "echo", "afresh")).toMatchObject({
    exitCode: 0,
    stdout: "afresh\n",
  });
  const former = processes.filter(({ environment }) => environment.has("ALOHA_ATTEMPT"));
  expect(former).toHaveLength(1);
  expect(
    former.filter(({ pid }) => listProcesses().some((process) => process.pid === pid)),
  ).toEqual([]);
  second.kill("SIGINT");
  expect(await second.result).toMatchObject({ exitCode: 0 });
});

it("aloha dev starts a master that was killed again, and says so", async () => {
  await using running = dev();
  await running.untilOutput(/Ctrl-C stops everything/);
  const master = ours().find(({ commandLine }) => commandLine.includes("master"));
  process.kill(master?.pid ?? Number.NaN, "SIGKILL");
  await running.untilOutput(/master +was ended by SIGKILL; starting it again/);
  await running.untilOutput(/master +ready in [^]*master +ready in/);
  expect(await client("run", "--", "echo", "again")).toMatchObject({
    exitCode: 0,
    stdout: "again\n",
  });
  running.kill("SIGINT");
  expect(await running.result).toMatchObject({ exitCode: 0 });
  expect(ours()).toEqual([]);
});

it("a second aloha dev in the same directory, or on the same port, is refused with who is there", async () => {
  await using running = dev();
  await running.untilOutput(/Ctrl-C stops everything/);
  const sameDirectory = await startAloha(["dev", ...devOptions()]).result;
  expect(sameDirectory).toMatchObject({ exitCode: 5, stdout: "" });
  expect(sameDirectory.stderr).toContain(`pid ${running.pid}`);
  expect(sameDirectory.stderr).toContain("--dir");
  const samePort = await aloha([
    "dev",
    "--dir",
    join(directory, "other"),
    "--port",
    String(await freePort()),
    "--rest-port",
    String(restPort),
  ]);
  expect(samePort).toMatchObject({ exitCode: 5, stdout: "" });
  expect(samePort.stderr).toContain(`port ${restPort} is in use by pid `);
  expect(samePort.stderr).toContain("--rest-port");
});

function devOptions(): readonly string[] {
  return ["--dir", directory, "--port", String(port), "--rest-port", String(restPort)];
}

function dev(): Child {
  return startAloha(["dev", ...devOptions()]);
}

function client(...args: readonly string[]): ReturnType<typeof aloha> {
  return aloha(args, { env: { ALOHA_MASTER_URL: url } });
}

async function submit(script: string): Promise<string> {
  const { stdout, stderr } = await client("submit", "--args", script);
  expect(stderr).toBe("");
  return stdout.trim();
}

function untilMarked(id: string, count: number): Promise<boolean> {
  return eventually(
    () => processesMarked(id).length >= count,
    10_000,
    `${count} processes of ${id}`,
  );
}

/** Whatever works in the directory of this test: daemons, supervisors, guardians, applications. */
function ours(): readonly ProcessInfo[] {
  return [
    ...processesNaming(directory).filter(({ commandLine }) => !commandLine.includes("dev")),
    ...listProcesses().filter(
      ({ environment }) =>
        environment.has("ALOHA_ATTEMPT") && environment.get("PWD")?.startsWith(directory) === true,
    ),
  ];
}
