import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { checkClock } from "../../src/doctor/check-clock.ts";
import { checkDirectory } from "../../src/doctor/check-directory.ts";
import { checkPlatform } from "../../src/doctor/check-platform.ts";
import { checkPort } from "../../src/doctor/check-port.ts";
import { capturedContext, runCaptured } from "../support/captured-context.ts";

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "aloha-doctor-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

it("looks at this host, and gives what it found as a table or as one JSON document", async () => {
  const home = temporaryDirectory();
  const args = ["doctor", "-D", "aloha.master.port=0", "-D", "aloha.master.rest.port=0"];
  const environment = { ALOHA_HOME: home };
  const json = await runCaptured([...args, "-o", "json"], { environment });
  expect(json).toMatchObject({ exitCode: 0, err: "" });
  const { ok, checks } = JSON.parse(json.out) as {
    readonly ok: boolean;
    readonly checks: readonly { readonly check: string }[];
  };
  expect(ok).toBe(true);
  expect(checks.map(({ check }) => check)).toEqual(
    expect.arrayContaining(["node", "boot clock", "containment", "spawn agent", "work"]),
  );
  expect((await runCaptured(args, { environment })).out).toMatch(/^ok +node +v\d/m);
});

it("ends with exit status 1 where something fails, a wrong configuration included", async () => {
  const home = temporaryDirectory();
  const result = await runCaptured(["doctor", "-D", "aloha.master.port=nonsense"], {
    environment: { ALOHA_HOME: home },
  });
  expect(result).toMatchObject({ exitCode: 1, err: "" });
  expect(result.out).toMatch(/^fail +configuration +-D: aloha\.master\.port: "nonsense"/m);
});

it("knows which Node, system and limits are enough", () => {
  const limits = "Max processes             100 100 processes\nMax open files  1024 4096 files\n";
  expect(checkPlatform("v20.18.0", "win32", limits)).toMatchObject([
    { check: "node", status: "fail", todo: "Install Node 20.19 or newer." },
    { check: "system", status: "fail" },
    { check: "open files", status: "warn", found: expect.stringContaining("room for 137") },
    { check: "processes", status: "warn" },
  ]);
  const plenty = limits.replaceAll(/ (100|1024) /g, " unlimited ");
  for (const version of ["v20.19.0", "v22.1.0", "v24.0.0"]) {
    expect(checkPlatform(version, "linux", plenty).map(({ status }) => status)).toEqual(
      Array.from({ length: 4 }, () => "ok"),
    );
  }
});

it("tells a directory that can be used from one that cannot, and from one that passes away", async () => {
  const directory = temporaryDirectory();
  expect(await checkDirectory("work", join(directory, "not/there/yet"), "k")).toMatchObject({
    status: expect.stringMatching(/ok|warn/),
    found: expect.stringContaining("free"),
  });
  const file = join(directory, "file");
  writeFileSync(file, "");
  expect(await checkDirectory("work", join(file, "below"), "aloha.k")).toMatchObject({
    status: "fail",
    found: expect.stringContaining("ENOTDIR"),
    todo: expect.stringContaining("aloha.k"),
  });
  expect(await checkDirectory("recovery", "/dev/shm/aloha", "k")).toMatchObject({
    status: "warn",
    found: expect.stringContaining("tmpfs"),
  });
});

it("names what has a port that a daemon wants", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => {
    server.once("listening", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const address = { host: "127.0.0.1", port, key: "aloha.master.port" };
  expect(await checkPort("port", address)).toMatchObject({
    status: "fail",
    found: expect.stringContaining(`pid ${process.pid}`),
    todo: expect.stringContaining("aloha.master.port"),
  });
  expect(await checkPort("port", { ...address, host: "203.0.113.1" })).toMatchObject({
    status: "fail",
    found: expect.stringContaining("EADDRNOTAVAIL"),
  });
  expect(await checkPort("port", { ...address, port: 0 })).toMatchObject({ status: "ok" });
});

it("notices a host that was asleep, a wall clock that jumps, and one that nobody synchronizes", async () => {
  const context = capturedContext();
  const clock = context.clock;
  let wallMs = 0;
  const odd = {
    ...context,
    clock: {
      ...clock,
      bootMs: () => clock.bootMs() + 3_600_000,
      wallMs: () => (wallMs += 60_000),
    },
  };
  expect(await checkClock(odd, () => Promise.resolve(true))).toMatchObject([
    { check: "boot clock", status: "warn", found: expect.stringContaining("asleep") },
    { check: "wall clock", status: "warn", found: expect.stringContaining("moved by") },
  ]);
  for (const [answer, status] of [
    [true, "ok"],
    [false, "warn"],
    [undefined, "ok"],
  ] as const) {
    const [, wall] = await checkClock(context, () => Promise.resolve(answer));
    expect(wall).toMatchObject({ check: "wall clock", status });
  }
});
