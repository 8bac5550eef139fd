import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startProcess } from "./support/run-process.ts";
import type { RunningProcess } from "./support/run-process.ts";

vi.setConfig({ testTimeout: 30_000 });

// These run what was built: `npm test` builds before it tests.

let directory: string;
const running: RunningProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aloha-cli-"));
});

afterEach(async () => {
  for (const process of running.splice(0)) {
    process.child.kill("SIGKILL");
    await process.result;
  }
  await rm(directory, { recursive: true });
});

/** A master that keeps its state in the test's directory; `url` settles once it says where it serves HTTP. */
function master(...argv: readonly string[]): RunningProcess & { readonly url: Promise<string> } {
  const process = startProcess(
    [
      "master",
      "--port",
      "0",
      "--rest-port",
      "0",
      "--log-format",
      "json",
      "--recovery-directory",
      join(directory, "recovery"),
      ...argv,
    ],
    { ALOHA_CONF_DIR: directory, ALOHA_HOME: directory },
  );
  running.push(process);
  const url = new Promise<string>((resolve, reject) => {
    let log = "";
    process.child.stderr?.on("data", (text: Buffer) => {
      log += text.toString();
      const match = /"http":"([^"]+)"/.exec(log);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    void process.result.then((result) => reject(new Error(result.err)));
  });
  // A master that is meant not to start has no address, and its test looks at the result instead.
  url.catch(() => undefined);
  return { ...process, url };
}

async function aloha(
  url: string,
  ...argv: readonly string[]
): Promise<Awaited<RunningProcess["result"]>> {
  return startProcess([...argv], { ALOHA_MASTER_URL: url }).result;
}

it("keeps what it accepted over a restart with FILESYSTEM, and stops in order at SIGTERM", async () => {
  const first = master("--recovery-mode", "FILESYSTEM");
  const submitted = await aloha(await first.url, "submit", "--name", "kept", "--", "true");
  expect(submitted.exitCode).toBe(0);
  first.child.kill("SIGTERM");
  expect(await first.result).toMatchObject({ exitCode: 0, out: "" });
  const second = master("--recovery-mode", "FILESYSTEM");
  const listed = await aloha(await second.url, "ps", "-o", "json");
  expect(JSON.parse(listed.out)).toMatchObject({
    applications: [{ id: submitted.out.trim(), name: "kept" }],
  });
  const why = await aloha(await second.url, "why", submitted.out.trim());
  expect(why.out).toContain("no worker is known");
  const killed = await aloha(await second.url, "kill", "--wait", submitted.out.trim());
  expect(killed).toMatchObject({ exitCode: 0 });
  expect(killed.out).toContain("KILLED");
});

it("refuses to start with everything that is wrong in its configuration, file and line named", async () => {
  await writeFile(
    join(directory, "aloha-default.conf"),
    "aloha.master.prot 1\naloha.worker.timeout soon\n",
  );
  const result = await master("-p", "99999").result;
  expect(result).toMatchObject({ exitCode: 2, out: "" });
  expect(result.err).toContain("aloha-default.conf:1: ");
  expect(result.err).toContain("aloha-default.conf:2: ");
  expect(result.err).toContain("--port: ");
});

it("names who holds its port", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const result = await master("--rest-port", String(port)).result;
  server.close();
  expect(result.exitCode).toBe(5);
  expect(result.err).toContain(String(port));
  expect(result.err).toContain(`pid ${process.pid}`);
});
