import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readOutput } from "@aloha/supervisor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesIn, SupervisedDirectory, until } from "./supervised-directory.ts";

let host: SupervisedDirectory;

beforeAll(async () => {
  host = new SupervisedDirectory();
  await host.attached();
});

afterAll(() => host[Symbol.asyncDispose]());

const MIB = 1024 * 1024;

function residentMiB(): number {
  return (
    Number(
      /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${host.supervisorPid}/status`, "utf8"))?.[1],
    ) / 1024
  );
}

test("much output flows fast, is rolled, and needs little memory", async () => {
  const beganAt = performance.now();
  await host.start(1, ["head", "-c", String(200 * MIB), "/dev/zero"], {
    logs: { segmentBytes: 16 * MIB, rollEveryMs: null, keep: 2, compress: false },
  });
  expect(await host.ended(1)).toMatchObject({ exitCode: 0 });
  // The aim is 150 MB/s on an idle host; this one may be busy.
  expect(performance.now() - beganAt).toBeLessThan(8_000);
  expect(residentMiB()).toBeLessThan(130);
  expect(filesIn(host.output(1)).filter((name) => name.startsWith("stdout"))).toEqual([
    "stdout",
    "stdout.000000167772160",
    "stdout.000000184549376",
  ]);
  const end = await readOutput(host.output(1), "stdout", 200 * MIB, 10);
  expect(end).toMatchObject({ kind: "read", sizeBytes: 200 * MIB, firstOffset: 160 * MIB });
});

test("both files of a program that runs are there, whether it writes or not", async () => {
  await host.start(20, ["sleep", "60"]);
  await until(
    () => existsSync(host.output(20)) && filesIn(host.output(20)).join() === "stderr,stdout",
  );
  host.kill(20);
  await host.ended(20);
});

test("many lines arrive whole and in order, and a stream to which nothing was written is empty", async () => {
  await host.start(2, ["seq", "1", "300000"], {
    logs: { segmentBytes: 500_000, rollEveryMs: null, keep: 100, compress: true },
  });
  await host.ended(2);
  const parts: Buffer[] = [];
  for (let offset = 0; ;) {
    const slice = await readOutput(host.output(2), "stdout", offset, MIB);
    if (slice.kind !== "read") throw new Error(slice.kind);
    if (slice.bytes.length === 0) break;
    parts.push(slice.bytes);
    offset = slice.nextOffset;
  }
  const numbers = Buffer.concat(parts).toString().trimEnd().split("\n");
  expect(numbers.length).toBe(300_000);
  expect(numbers.every((line, index) => line === String(index + 1))).toBe(true);
  const nothing = await readOutput(host.output(2), "stderr", 0, MIB);
  expect(nothing.kind === "read" ? nothing.sizeBytes : nothing.kind).toBeOneOf([0, "no-output"]);
});

test("a program that never stops writing does not keep another from being stopped in time", async () => {
  await host.start(3, ["yes"], {
    logs: { segmentBytes: MIB, rollEveryMs: null, keep: 1, compress: false },
  });
  await host.start(4, ["sleep", "60"], { timeLimitMs: 500 });
  const outcome = await host.ended(4);
  expect(outcome).toMatchObject({ stopCause: "timeout" });
  if (outcome.kind === "exited")
    expect(outcome.endedAtMs - outcome.startedAtMs).toBeLessThan(2_500);
  host.kill(3);
  expect(await host.ended(3)).toMatchObject({ stopCause: "kill" });
});

test("while the disk is full the program waits, and no line is lost", async () => {
  const disk = join(host.path, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  try {
    const filler = join(disk, "filler");
    execFileSync("sh", ["-c", `head -c 600000 /dev/zero >${filler}`]);
    await host.start(6, ["seq", "1", "80000"], {
      outputDirectory: join(disk, "out"),
      logs: { segmentBytes: 64 * MIB, rollEveryMs: null, keep: 1, compress: false },
    });
    await host.report((report) =>
      report.kind === "alert" && report.message.includes("disk is full") ? report : undefined,
    );
    expect(
      host.reports.some((report) => report.kind === "ended" && report.attempt.includes("0006")),
    ).toBe(false);
    rmSync(filler);
    expect(await host.ended(6)).toMatchObject({ exitCode: 0 });
    const text = readFileSync(join(disk, "out", "stdout"), "utf8");
    expect(text.trimEnd().split("\n").at(-1)).toBe("80000");
    expect(text.split("\n").length).toBe(80_001);
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("an attempt whose memory runs out says so where memory is limited", async () => {
  await host.start(7, ["python3", "-c", "x = bytearray(200 << 20)"], { memoryMiB: 32 });
  const outcome = await host.ended(7);
  const limited = readFileSync(join(host.path, "supervisor.log"), "utf8").includes(
    "limits by memory",
  );
  expect(outcome).toMatchObject(
    limited ? { signal: "SIGKILL", outOfMemory: true } : { outOfMemory: false },
  );
});
