import { readFileSync } from "node:fs";
import { parseConfigText, resolveConfig } from "@aloha/core";
import { masterConfigKeys } from "@aloha/master";
import { expect, it } from "vitest";
import { configSchema } from "../src/daemon/config-schema.ts";

const text = readFileSync(new URL("../../../conf/aloha-default.conf", import.meta.url), "utf8");

it("the shipped configuration keeps what was accepted over a restart", () => {
  const resolved = resolveConfig(configSchema.tables, [
    parseConfigText(text, "aloha-default.conf"),
  ]);
  expect(resolved.ok && resolved.config.get(masterConfigKeys.recoveryMode)).toBe("FILESYSTEM");
});

it("every setting that it shows as a comment may be enabled as it stands", () => {
  const enabled = text.replaceAll(/^# (aloha\.)/gm, "$1");
  expect(enabled).toContain("\naloha.worker.timeout");
  const resolved = resolveConfig(configSchema.tables, [
    parseConfigText(enabled, "aloha-default.conf"),
  ]);
  expect(resolved.ok ? [] : resolved.errors).toEqual([]);
});

it("it names every key once, with what it is for above it", () => {
  const names = [...text.matchAll(/^(?:# )?(aloha\.\S+) /gm)].map(([, name]) => name);
  const known = configSchema.tables.flat().map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(known));
  expect(names).toHaveLength(known.length);
});
