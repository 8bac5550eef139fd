import { resolveConfig, rpcConfigTable } from "@aloha/core";
import type { ConfigEntry } from "@aloha/core";
import { expect, test } from "vitest";
import { defaultRetention, masterConfigTable, masterOptionsFrom } from "../src/index.ts";

function options(settings: Readonly<Record<string, string>>): ReturnType<typeof masterOptionsFrom> {
  const entries = Object.entries(settings).map(([name, text]): ConfigEntry => ({
    name,
    text,
    origin: { kind: "property" },
  }));
  const resolved = resolveConfig([masterConfigTable, rpcConfigTable], [{ entries }]);
  if (!resolved.ok) throw new Error(resolved.errors.map((error) => error.message).join("; "));
  return masterOptionsFrom(resolved.config, "/opt/aloha");
}

test("defaults are those that are documented", () => {
  expect(options({})).toEqual({
    host: "127.0.0.1",
    port: 7077,
    rest: { host: "127.0.0.1", port: 6066 },
    recoveryMode: "NONE",
    recoveryDirectory: "/opt/aloha/recovery",
    network: {
      askTimeoutMs: 120_000,
      lookupTimeoutMs: 120_000,
      frameBytesMax: 1024 ** 2,
      outboxBytesMax: 4 * 1024 ** 2,
      triesMax: 3,
      retryDelayMs: 3_000,
      connectTimeoutMs: 5_000,
      helloTimeoutMs: 5_000,
      keepAliveIntervalMs: 5_000,
    },
    settings: {
      leaseMs: 60_000,
      deadWorkerPersistence: 15,
      reserveAfterMs: 60_000,
      waitingApplicationsMax: 1_000_000,
    },
    retention: defaultRetention,
    extraListeners: [],
    listeners: {
      queueLengthMax: 10_000,
      eventTimeoutMs: 30_000,
      memoryBytesMax: 256 * 1024 ** 2,
    },
    moduleDirectories: { workingDirectory: process.cwd(), home: "/opt/aloha" },
    extensionSettings: new Map(),
  });
});

test("modules, and what belongs to extensions, are handed on", () => {
  expect(
    options({
      "aloha.extraListeners": "./a.mjs#A, b",
      "aloha.listeners.eventTimeout": "5",
      "aloha.deploy.recoveryMode": "CUSTOM",
      "aloha.deploy.recoveryMode.factory": "./recovery.mjs",
      "aloha.x.journal": "/tmp/j",
    }),
  ).toMatchObject({
    extraListeners: ["./a.mjs#A", "b"],
    listeners: { eventTimeoutMs: 5_000 },
    recoveryMode: "CUSTOM",
    recoveryFactory: "./recovery.mjs",
    extensionSettings: new Map([["aloha.x.journal", "/tmp/j"]]),
  });
});

test("keys of the original's files are read with their units", () => {
  const read = options({
    "aloha.worker.timeout": "30",
    "aloha.deploy.recoveryMode": "filesystem",
    "aloha.deploy.recoveryDirectory": "/var/lib/aloha",
    "aloha.deploy.retainedApplications": "200",
    "aloha.master.rest.enabled": "false",
  });
  expect(read).toMatchObject({
    rest: null,
    recoveryMode: "FILESYSTEM",
    recoveryDirectory: "/var/lib/aloha",
    settings: { leaseMs: 30_000 },
    retention: { applicationsMax: 200 },
  });
});
