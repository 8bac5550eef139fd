import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigKey } from "@aloha/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { configurationSources } from "../../src/daemon/configuration-options.ts";
import { loadConfiguration } from "../../src/daemon/load-configuration.ts";
import type { LoadedConfiguration } from "../../src/daemon/load-configuration.ts";
import { capturedContext } from "../support/captured-context.ts";

const port = {
  name: "aloha.test.port",
  doc: "A port.",
  type: "integer",
  default: 1,
  min: 0,
  max: 65_535,
  environment: "ALOHA_TEST_PORT",
} as const satisfies ConfigKey;

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "aloha-cli-"));
  await mkdir(join(home, "conf"));
});

afterEach(async () => {
  await rm(home, { recursive: true });
});

interface Given {
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly properties?: readonly string[];
  readonly flag?: string;
}

async function load(given: Given): Promise<LoadedConfiguration> {
  if (given.file !== undefined)
    await writeFile(join(home, "conf", "aloha-default.conf"), given.file);
  const context = capturedContext({
    workingDirectory: home,
    environment: { ALOHA_HOME: home, ...given.environment },
  });
  const options = given.properties === undefined ? {} : { D: given.properties };
  return loadConfiguration(
    context,
    { tables: [[port]], rules: [] },
    configurationSources(options, [{ flag: "--port", key: port, text: given.flag }]),
  );
}

it("lets a flag win over -D, -D over the environment, and that over the file and the default", async () => {
  expect((await load({})).config.get(port)).toBe(1);
  const file = "aloha.test.port 2\n";
  expect((await load({ file })).config.get(port)).toBe(2);
  const environment = { ALOHA_TEST_PORT: "3" };
  expect((await load({ file, environment })).config.get(port)).toBe(3);
  const properties = ["aloha.test.port=4"];
  expect((await load({ file, environment, properties })).config.get(port)).toBe(4);
  expect((await load({ file, environment, properties, flag: "5" })).config.get(port)).toBe(5);
});

it("reports everything that is wrong at once, with file, line and flag", async () => {
  const loading = load({
    file: "# x\naloha.test.prot=2\n",
    environment: { ALOHA_TEST_PORT: "many" },
    flag: "70000",
  });
  await expect(loading).rejects.toThrow(/--port: .*70000/);
  await expect(load({ file: "# x\naloha.test.prot=2\n" })).rejects.toThrow(
    /conf\/aloha-default\.conf:2: .*aloha\.test\.prot.*did you mean aloha\.test\.port/,
  );
});

it("reads the file in ALOHA_CONF_DIR, and names a file that cannot be read", async () => {
  await mkdir(join(home, "other"));
  await writeFile(join(home, "other", "aloha-default.conf"), "aloha.test.port=9\n");
  const { config, file } = await load({ environment: { ALOHA_CONF_DIR: "other" } });
  expect(config.get(port)).toBe(9);
  expect(file).toBe(join(home, "other", "aloha-default.conf"));
  const context = capturedContext({ workingDirectory: home });
  const sources = { ...configurationSources({ propertiesFile: "none.conf" }, []) };
  const schema = { tables: [[port]], rules: [] };
  expect(() => loadConfiguration(context, schema, sources)).toThrow(/none\.conf cannot be read/);
});
