import { networkLimitsFrom, resolveConfig, rpcConfigTable } from "@aloha/core";
import type { ConfigEntry } from "@aloha/core";
import { expect, test } from "vitest";
import { workerConfigTable, workerOptionsFrom } from "../src/index.ts";
import type { WorkerConfigOptions } from "../src/index.ts";

function options(settings: Readonly<Record<string, string>>): WorkerConfigOptions {
  const entries = Object.entries(settings).map(([name, text]): ConfigEntry => ({
    name,
    text,
    origin: { kind: "property" },
  }));
  const resolved = resolveConfig([workerConfigTable, rpcConfigTable], [{ entries }]);
  if (!resolved.ok) throw new Error(resolved.errors.map((error) => error.message).join("; "));
  expect(workerOptionsFrom(resolved.config, "/opt/aloha").network).toEqual(
    networkLimitsFrom(resolved.config),
  );
  return workerOptionsFrom(resolved.config, "/opt/aloha");
}

const rolling = (settings: Readonly<Record<string, string>>): WorkerConfigOptions["logs"] =>
  options(
    Object.fromEntries(
      Object.entries(settings).map(([name, text]) => [`aloha.executor.logs.rolling.${name}`, text]),
    ),
  ).logs;

test("defaults are those that are documented", () => {
  expect(options({})).toMatchObject({
    listen: { host: "127.0.0.1", port: 0 },
    milliCores: null,
    memoryMiB: null,
    workDirectory: "/opt/aloha/work",
    trustRefusal: false,
    logs: { segmentBytes: 64 * 1024 ** 2, rollEveryMs: null, keep: 8, compress: true },
    cleanup: {
      intervalMs: 1_800_000,
      ttlMs: 604_800_000,
      diskShareMax: 0.9,
      applicationsMax: 1000,
    },
  });
});

test("what the worker offers is read in its units", () => {
  expect(options({ "aloha.worker.cores": "1.5", "aloha.worker.memory": "2g" })).toMatchObject({
    milliCores: 1500,
    memoryMiB: 2048,
  });
  expect(options({ "aloha.worker.memory": "1000" })).toMatchObject({ memoryMiB: 1000 });
});

test("the strategy says which of the rolling keys count, as in Spark", () => {
  const settings = { "time.interval": "hourly", maxSize: "1024", maxRetainedFiles: "3" };
  expect(rolling({ strategy: "time", ...settings })).toEqual({
    segmentBytes: null,
    rollEveryMs: 3_600_000,
    keep: 3,
    compress: true,
  });
  expect(rolling({ strategy: "SIZE", ...settings, enableCompression: "false" })).toEqual({
    segmentBytes: 1024,
    rollEveryMs: null,
    keep: 3,
    compress: false,
  });
  expect(rolling({ strategy: "", ...settings, maxRetainedFiles: "-1" })).toEqual({
    segmentBytes: null,
    rollEveryMs: null,
    keep: null,
    compress: true,
  });
});

test("periods are daily, hourly, minutely or seconds", () => {
  const periods = ["daily", "Hourly", "minutely", "90", "5m"].map(
    (text) => rolling({ strategy: "time", "time.interval": text }).rollEveryMs,
  );
  expect(periods).toEqual([86_400_000, 3_600_000, 60_000, 90_000, 300_000]);
  expect(() => rolling({ "time.interval": "weekly" })).toThrow(/daily, hourly, minutely/);
});

test("without cleanup nothing is removed", () => {
  expect(options({ "aloha.worker.cleanup.enabled": "false" }).cleanup).toBeNull();
});
