import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemTimers as timers } from "@aloha/runtime/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { probeExec } from "../../src/health/probe-exec.ts";
import { probeHttp } from "../../src/health/probe-http.ts";
import { probeSilence } from "../../src/health/probe-silence.ts";

async function serve(status: number | null): Promise<string> {
  const server = createServer((_request, response) => {
    if (status !== null) response.writeHead(status, { location: "/elsewhere" }).end("text");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "aloha-health-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("http", () => {
  test.each([
    [200, true],
    [204, true],
    [302, true],
    [404, false],
    [503, false],
  ])("an answer of %i is judged", async (status, healthy) => {
    const url = await serve(status);
    expect(await probeHttp(url, 5_000, timers)).toEqual({
      healthy,
      message: `${url} answers ${status}`,
    });
  });

  test("silence and refusal are failures", async () => {
    const silent = await probeHttp(await serve(null), 200, timers);
    expect(silent).toMatchObject({ healthy: false });
    expect(silent.message).toContain("does not answer within 200 ms");
    const refused = await probeHttp("http://127.0.0.1:1/", 5_000, timers);
    expect(refused.message).toMatch(/does not answer: .*ECONNREFUSED/);
  });
});

describe("exec", () => {
  const surroundings = async () => ({
    directory: await directory(),
    environment: { PATH: "/usr/bin:/bin", NAME: "x" },
    account: null,
    timeoutMs: 5_000,
    timers,
  });

  test("a script and an argv are run where the application is, with its environment", async () => {
    const where = await surroundings();
    await writeFile(join(where.directory, "alive"), "");
    expect(await probeExec("[ -e alive ] && [ $NAME = x ]", where)).toMatchObject({
      healthy: true,
    });
    expect(await probeExec(["test", "-e", "alive"], where)).toMatchObject({ healthy: true });
  });

  test("how it fails is said", async () => {
    const where = await surroundings();
    expect(await probeExec("echo no queue >&2; exit 3", where)).toEqual({
      healthy: false,
      message: "the check ended with exit code 3: no queue",
    });
    expect((await probeExec(["no-such-command"], where)).message).toContain("could not run");
  });

  test("one that hangs is killed with all that it started", async () => {
    const where = { ...(await surroundings()), timeoutMs: 300 };
    const path = join(where.directory, "late");
    const verdict = await probeExec(`(sleep 1; touch ${path}) & sleep 60`, where);
    expect(verdict).toEqual({ healthy: false, message: "the check took longer than 300 ms" });
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(await probeExec(["test", "!", "-e", path], where)).toMatchObject({ healthy: true });
  });
});

test("silence is the age of the newest output, or of the start", async () => {
  const path = await directory();
  const at = (nowMs: number) => probeSilence(path, 5_000, 1_000_000, nowMs);
  expect(await at(1_004_999)).toMatchObject({ healthy: true });
  expect(await at(1_005_000)).toEqual({ healthy: false, message: "no output for 5 s" });
  for (const [name, atS] of [
    ["stdout", 1_002],
    ["stderr.000000000001234", 1_010],
    ["another", 1_020],
  ] as const) {
    await writeFile(join(path, name), "");
    await utimes(join(path, name), atS, atS);
  }
  expect(await at(1_012_000)).toMatchObject({ healthy: true });
  expect(await at(1_022_000)).toEqual({ healthy: false, message: "no output for 12 s" });
});
