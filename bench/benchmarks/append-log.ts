import { open } from "node:fs/promises";
import { join } from "node:path";
import { openAppendLog } from "@aloha/runtime/node";
import type { Benchmark } from "../harness/benchmark.ts";

const APPENDS = 500;
const ENTRY = { kind: "exit", attempt: "app-20260101000000-1/1", code: 0, note: "x".repeat(60) };

/** Appends that wait for their sync one after the other; the limit is a bare write with fdatasync on the same disk. */
export const appendLogBenchmark: Benchmark = {
  name: "append-log",
  description: "journal appends, each waited for, beside bare write and fdatasync",
  runsDefault: 5,
  async run({ runs, freshDirectory }) {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run < runs; run++) {
      const directory = await freshDirectory();
      bare.push(await bareAppendsPerSecond(join(directory, "bare")));
      ours.push(await appendsPerSecond(join(directory, "journal")));
    }
    return [
      {
        label: "",
        values: ours,
        unit: "appends/s",
        better: "higher",
        limits: bare,
      },
    ];
  },
};

async function appendsPerSecond(path: string): Promise<number> {
  const { log } = await openAppendLog(path, {
    format: { name: "benchmark", version: 1 },
    decode: (value) => value,
  });
  const startedMs = performance.now();
  for (let index = 0; index < APPENDS; index++) await log.append([ENTRY]);
  const elapsedMs = performance.now() - startedMs;
  await log.close();
  return (APPENDS * 1000) / elapsedMs;
}

async function bareAppendsPerSecond(path: string): Promise<number> {
  const line = Buffer.from(`${JSON.stringify(ENTRY)}\n`);
  const file = await open(path, "w");
  const startedMs = performance.now();
  for (let index = 0; index < APPENDS; index++) {
    await file.write(line);
    await file.datasync();
  }
  const elapsedMs = performance.now() - startedMs;
  await file.close();
  return (APPENDS * 1000) / elapsedMs;
}
