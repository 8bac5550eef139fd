import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { logHeaders } from "@aloha/api";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startChild } from "./support/child.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ cores: 4 });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

interface Piece {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly firstOffset: number;
  readonly size: number;
  readonly complete: boolean;
}

async function readPiece(id: string, offset: number, limit = 512 * 1024): Promise<Piece> {
  const response = await fetch(
    `${cluster.url}/api/v1/applications/${id}/attempts/latest/logs/stdout?offset=${offset}&limit=${limit}`,
  );
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${response.status} ${bytes.toString()}`);
  const number = (name: string): number => Number(response.headers.get(name));
  return {
    bytes,
    offset: number(logHeaders.offset),
    firstOffset: number(logHeaders.firstOffset),
    size: number(logHeaders.size),
    complete: response.headers.get(logHeaders.complete) === "true",
  };
}

/** All that is kept, read through the API piece by piece. */
async function readWhole(id: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let offset = 0; ;) {
    const piece = await readPiece(id, offset);
    if (pieces.length > 0) expect(piece.offset).toBe(offset);
    pieces.push(piece.bytes);
    offset = piece.offset + piece.bytes.length;
    if (piece.complete) return Buffer.concat(pieces);
  }
}

/** Numbers of nine digits, a line each: the byte at an offset is known without reading what is before. */
const firstNumber = 100_000_000;
const lineBytes = 10;
const numbers = (lineCount: number): readonly string[] => [
  "seq",
  String(firstNumber),
  String(firstNumber + lineCount - 1),
];

function expectedNumbers(offset: number, length: number): string {
  const first = Math.floor(offset / lineBytes);
  let text = "";
  for (let line = first; text.length < length + lineBytes; line++)
    text += `${firstNumber + line}\n`;
  return text.slice(offset % lineBytes, (offset % lineBytes) + length);
}

it(
  "keeps every line of 2 GB in rolled segments, readable at any offset, with a supervisor that stays small",
  { timeout: 150_000 },
  async () => {
    const lineCount = 200_000_000;
    const segmentBytes = 64 * 1024 ** 2;
    const id = await cluster.submit({
      args: numbers(lineCount),
      logs: { segment: "64MiB", keep: 40, compress: false },
    });
    const { end } = await cluster.untilEnded(id, 120_000);
    expect(end).toMatchObject({ state: "FINISHED", exitCode: 0 });
    const status = readFileSync(`/proc/${cluster.worker.supervisorPid}/status`, "utf8");
    const peakKiB = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
    expect(peakKiB).toBeLessThan(200 * 1024);

    const directory = join(cluster.worker.workDirectory, id);
    const rolled = readdirSync(directory)
      .filter((name) => /^stdout\.\d{15}$/.test(name))
      .toSorted();
    expect(rolled.map((name) => Number(name.slice("stdout.".length)))).toEqual(
      rolled.map((_, index) => index * segmentBytes),
    );
    const compared = startChild(
      "bash",
      ["-c", `cat ${[...rolled, "stdout"].join(" ")} | cmp - <(${numbers(lineCount).join(" ")})`],
      { cwd: directory },
    );
    expect(await compared.result).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });

    const total = lineCount * lineBytes;
    for (const offset of [0, 7, segmentBytes - 5, segmentBytes, 1_234_567_891, total - 100]) {
      const piece = await readPiece(id, offset, 100);
      expect(piece).toMatchObject({ offset, firstOffset: 0, size: total });
      expect(piece.bytes.toString()).toBe(expectedNumbers(offset, piece.bytes.length));
      expect(piece.bytes.length).toBeGreaterThan(0);
    }
  },
);

it("streams to a follower every byte of a program that writes faster than segments last", async () => {
  const lineCount = 6_000_000;
  const id = await cluster.submit({
    args: numbers(lineCount),
    logs: { segment: "1MiB", keep: 100, compress: false },
  });
  const response = await fetch(
    `${cluster.url}/api/v1/applications/${id}/attempts/latest/logs/stdout?follow=true`,
  );
  const followed = Buffer.from(await response.arrayBuffer());
  expect(followed.length).toBe(lineCount * lineBytes);
  expect(followed.equals(Buffer.from(expectedNumbers(0, followed.length)))).toBe(true);
});

it("gives compressed segments back as they were written", async () => {
  const lineCount = 400_000;
  const id = await cluster.submit({
    args: numbers(lineCount),
    logs: { segment: "1MiB", keep: 100, compress: true },
  });
  await cluster.untilState(id, "FINISHED");
  const whole = await readWhole(id);
  expect(whole.toString()).toBe(expectedNumbers(0, lineCount * lineBytes));
  const directory = join(cluster.worker.workDirectory, id);
  await eventually(
    () => readdirSync(directory).filter((name) => name.endsWith(".gz")).length === 3,
    20_000,
    "the segments to be compressed",
  );
  expect((await readWhole(id)).equals(whole)).toBe(true);
});

it("keeps as many segments as it was told, and says where the rest begins", async () => {
  const segmentBytes = 1024 ** 2;
  const lineCount = 1_000_000;
  const total = lineCount * lineBytes;
  const id = await cluster.submit({
    args: numbers(lineCount),
    logs: { segment: "1MiB", keep: 3, compress: false },
  });
  await cluster.untilState(id, "FINISHED");
  const firstOffset = (Math.floor(total / segmentBytes) - 3) * segmentBytes;
  const piece = await readPiece(id, 0);
  expect(piece).toMatchObject({ offset: firstOffset, firstOffset, size: total });
  const whole = await readWhole(id);
  expect(whole.toString()).toBe(expectedNumbers(firstOffset, total - firstOffset));
  const logs = await cluster.aloha(["logs", id, "--offset", "0", "--stdout"]);
  expect(logs.stderr).toContain(`${firstOffset} bytes of stdout were rolled away`);
  expect(logs.stdout === whole.toString()).toBe(true);
  const kept = readdirSync(join(cluster.worker.workDirectory, id)).filter((name) =>
    name.startsWith("stdout"),
  );
  expect(kept).toHaveLength(4);
});

it("takes what is written to /dev/stdout and /dev/stderr, which nothing truncates, byte by byte", async () => {
  const id = await cluster.submit({
    args: `
      echo first
      echo second > /dev/stdout
      echo third >> /dev/stdout
      : > /dev/stdout
      truncate -s 0 /proc/self/fd/1 2>/dev/null
      exec 3> /dev/stdout; echo fourth >&3
      echo problem > /dev/stderr; : > /dev/stderr; echo again >&2
      for byte in $(seq 0 255); do printf "\\\\x$(printf %02x $byte)"; done
      head -c 100000 /dev/zero > /proc/self/fd/1
      printf 'no newline at the end'
    `,
  });
  expect((await cluster.untilEnded(id)).end).toMatchObject({ state: "FINISHED" });
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const expected = Buffer.concat([
    Buffer.from("first\nsecond\nthird\nfourth\n"),
    bytes,
    Buffer.alloc(100_000),
    Buffer.from("no newline at the end"),
  ]);
  expect(readFileSync(cluster.outputPath(id)).equals(expected)).toBe(true);
  expect((await readWhole(id)).equals(expected)).toBe(true);
  expect(cluster.output(id, "stderr")).toBe("problem\nagain\n");
});

it("has the output complete when the end is known", async () => {
  const lineCount = 300_000;
  for (let round = 0; round < 5; round++) {
    const id = await cluster.submit({
      args: `${numbers(lineCount).join(" ")}; echo last >&2; exit ${round}`,
    });
    const { end } = await cluster.untilEnded(id);
    // Read in the same turn: nothing may still be on its way.
    const [stdout, stderr] = [readFileSync(cluster.outputPath(id)), cluster.output(id, "stderr")];
    expect(end?.exitCode).toBe(round);
    expect(stdout.length).toBe(lineCount * lineBytes);
    expect(stderr).toBe("last\n");
  }
});
