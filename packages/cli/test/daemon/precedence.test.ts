import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatConfigValue, formatOrigin } from "@aloha/core";
import type { ConfigKey } from "@aloha/core";
import { masterConfigKeys } from "@aloha/master";
import { workerConfigKeys } from "@aloha/worker";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configSchema } from "../../src/daemon/config-schema.ts";
import { configurationSources } from "../../src/daemon/configuration-options.ts";
import { loadConfiguration } from "../../src/daemon/load-configuration.ts";
import type { LoadedConfiguration } from "../../src/daemon/load-configuration.ts";
import { masterFlagSettings } from "../../src/daemon/master-flags.ts";
import { workerFlagSettings } from "../../src/daemon/worker-flags.ts";
import { capturedContext } from "../support/captured-context.ts";

/** Strongest first. Of the two files only one is ever read: the default one is no source beside another. */
const sources = ["flag", "property", "environment", "properties-file", "default-file"] as const;
type Source = (typeof sources)[number];

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "aloha-precedence-"));
  mkdirSync(join(home, "conf"));
});

afterEach(() => rmSync(home, { recursive: true }));

interface SettableKey {
  readonly key: ConfigKey & { readonly environment: string };
  readonly flag: string;
}

/** Those that can be set in every way. */
const settable: readonly SettableKey[] = [
  ...masterFlagSettings(masterConfigKeys, {}),
  ...workerFlagSettings(workerConfigKeys, {}),
].flatMap(({ flag, key }) =>
  key.environment === undefined ? [] : [{ flag, key: { ...key, environment: key.environment } }],
);

function valuesOf(key: ConfigKey): fc.Arbitrary<string> {
  switch (key.type) {
    case "integer":
      return fc.integer({ min: key.min ?? 0, max: key.max ?? 1000 }).map(String);
    case "number":
      return fc.integer({ min: 1, max: 100_000 }).map((thousandths) => String(thousandths / 1000));
    case "bytes":
      return fc.integer({ min: 1, max: 100_000 }).map((mebi) => `${mebi}m`);
    default:
      return fc.stringMatching(/^[a-z][a-z0-9./-]{0,20}$/);
  }
}

function load(
  { key, flag }: SettableKey,
  texts: Partial<Readonly<Record<Source, string>>>,
): LoadedConfiguration {
  const line = (source: Source): string =>
    texts[source] === undefined ? "# nothing\n" : `# a comment\n${key.name} = ${texts[source]}\n`;
  writeFileSync(join(home, "conf", "aloha-default.conf"), line("default-file"));
  writeFileSync(join(home, "given.conf"), line("properties-file"));
  const { property, environment } = texts;
  const context = capturedContext({
    workingDirectory: home,
    environment: {
      ALOHA_HOME: home,
      ...(environment === undefined ? {} : { [key.environment]: environment }),
    },
  });
  const options = {
    ...(property === undefined ? {} : { D: [`${key.name}=${property}`] }),
    ...(texts["properties-file"] === undefined ? {} : { propertiesFile: "given.conf" }),
  };
  const flags = [{ flag, key, text: texts.flag }];
  return loadConfiguration(context, configSchema, configurationSources(options, flags));
}

function shown({ config }: LoadedConfiguration, name: string): readonly [string, string] {
  for (const { key, value, origin } of config.settings())
    if (key.name === name) return [formatConfigValue(key, value), formatOrigin(origin)];
  throw new Error(`${name} is not known`);
}

function placeOf(source: Source, { key, flag }: SettableKey): string {
  switch (source) {
    case "flag":
      return flag;
    case "property":
      return "-D";
    case "environment":
      return key.environment;
    case "properties-file":
      return "given.conf:2";
    case "default-file":
      return "conf/aloha-default.conf:2";
  }
}

const pairs = sources.flatMap((stronger, index) =>
  sources.slice(index + 1).map((weaker) => [stronger, weaker] as const),
);

test.each(pairs)("a value from %s wins over one from %s, whatever they are", (stronger, weaker) => {
  fc.assert(
    fc.property(
      fc
        .constantFrom(...settable)
        .chain((one) => fc.tuple(fc.constant(one), valuesOf(one.key), valuesOf(one.key))),
      ([one, strong, weak]) => {
        const both = load(one, { [stronger]: strong, [weaker]: weak });
        const alone = load(one, { [stronger]: strong });
        expect(shown(both, one.key.name)).toEqual(shown(alone, one.key.name));
        expect(shown(both, one.key.name)[1]).toBe(placeOf(stronger, one));
      },
    ),
    { numRuns: 30 },
  );
});

test.each(sources)("a value from %s wins over the default", (source) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...settable).chain((one) => fc.tuple(fc.constant(one), valuesOf(one.key))),
      ([one, text]) => {
        expect(shown(load(one, {}), one.key.name)).toEqual([
          formatConfigValue(one.key, one.key.default),
          "default",
        ]);
        expect(shown(load(one, { [source]: text }), one.key.name)[1]).toBe(placeOf(source, one));
      },
    ),
    { numRuns: 30 },
  );
});

test("of all sources together the strongest one that says something wins", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...settable),
      fc.subarray([...sources], { minLength: 1 }),
      (one, used) => {
        const text =
          one.key.type === "string" ? "x" : "8m".slice(0, one.key.type === "bytes" ? 2 : 1);
        const texts = Object.fromEntries(used.map((source) => [source, text]));
        const strongest = sources.find((source) => used.includes(source)) ?? "flag";
        expect(shown(load(one, texts), one.key.name)[1]).toBe(placeOf(strongest, one));
      },
    ),
    { numRuns: 100 },
  );
});
