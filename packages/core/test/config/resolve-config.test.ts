import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  environmentLayer,
  formatOrigin,
  parseConfigProperty,
  parseConfigText,
  resolveConfig,
} from "@aloha/core";
import type { ConfigKey } from "@aloha/core";

const timeout = {
  name: "aloha.worker.timeout",
  type: "duration",
  bareUnit: "s",
  default: 60_000,
  min: 1000,
  doc: "Lease.",
} as const satisfies ConfigKey;
const port = {
  name: "aloha.master.rest.port",
  type: "integer",
  default: 6066,
  min: 0,
  max: 65_535,
  environment: "ALOHA_REST_PORT",
  doc: "Port.",
} as const satisfies ConfigKey;
const mode = {
  name: "aloha.deploy.recoveryMode",
  type: "choice",
  choices: ["NONE", "FILESYSTEM"],
  default: "NONE",
  doc: "Mode.",
} as const satisfies ConfigKey;
const directory = {
  name: "aloha.deploy.recoveryDirectory",
  type: "string",
  default: null,
  doc: "Directory.",
} as const satisfies ConfigKey;
const listeners = {
  name: "aloha.extraListeners",
  type: "list",
  default: [],
  doc: "Listeners.",
} as const satisfies ConfigKey;
const enabled = {
  name: "aloha.master.rest.enabled",
  type: "boolean",
  default: true,
  doc: "REST.",
} as const satisfies ConfigKey;
const maxSize = {
  name: "aloha.rpc.message.maxSize",
  type: "bytes",
  bareUnit: "MiB",
  default: 1024 ** 2,
  doc: "Frame.",
} as const satisfies ConfigKey;
const secret = {
  name: "aloha.network.secret",
  type: "integer",
  default: null,
  secret: true,
  doc: "Secret.",
} as const satisfies ConfigKey;
const tables = [
  [timeout, port, mode, directory],
  [listeners, enabled, maxSize, secret],
];

function resolved(...layers: Parameters<typeof resolveConfig>[1]) {
  const result = resolveConfig(tables, layers);
  if (!result.ok) throw new Error(result.errors.map((error) => error.message).join("\n"));
  return result;
}

function errorsOf(text: string, options = {}): readonly string[] {
  const result = resolveConfig(tables, [parseConfigText(text, "a.conf")], options);
  return result.ok ? [] : result.errors.map((error) => error.message);
}

describe("a configuration file", () => {
  it("holds key=value and key value lines, comments and blank lines", () => {
    const text =
      "\uFEFF# comment\r\n\naloha.worker.timeout=90\n  aloha.deploy.recoveryMode   filesystem  \naloha.deploy.recoveryDirectory = /a=b #c\naloha.extraListeners a, b,\naloha.rpc.message.maxSize 2\n";
    const { config } = resolved(parseConfigText(text, "a.conf"));
    expect(config.get(timeout)).toBe(90_000);
    expect(config.get(mode)).toBe("FILESYSTEM");
    expect(config.get(directory)).toBe("/a=b #c");
    expect(config.get(listeners)).toEqual(["a", "b"]);
    expect(config.get(maxSize)).toBe(2 * 1024 ** 2);
    expect(formatOrigin(config.origin(timeout))).toBe("a.conf:3");
    expect(formatOrigin(config.origin(port))).toBe("default");
  });

  it("has everything that is wrong in it reported at once, with file and line", () => {
    const text =
      "aloha.worker.timeout=soon\nlonely\naloha.master.rest.port 70000\naloha.master.rest.enabled yes\naloha.deploy.recoveryMode ETCD\naloha.worker.timeout 10ms";
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(
        /^a.conf:1: aloha.worker.timeout: "soon" is not a duration; allowed are /,
      ),
      'a.conf:2: "lonely" has no value: write key=value',
      "a.conf:3: aloha.master.rest.port: 70000 is too large: at most 65535",
      'a.conf:4: aloha.master.rest.enabled: "yes" is neither true nor false',
      'a.conf:5: aloha.deploy.recoveryMode: "ETCD" is not one of NONE, FILESYSTEM',
      "a.conf:6: aloha.worker.timeout: 10ms is too small: at least 1s",
    ]);
  });

  it("may not hold unknown aloha keys, and the likely meant one is named", () => {
    expect(errorsOf("aloha.worker.timeuot 60")).toEqual([
      'a.conf:1: unknown key "aloha.worker.timeuot"; did you mean aloha.worker.timeout?',
    ]);
    expect(errorsOf("aloha.no.such.thing.at.all 60")).toEqual([
      'a.conf:1: unknown key "aloha.no.such.thing.at.all"',
    ]);
    expect(errorsOf("aloha.worker.timeuot 60", { ignoreUnknown: true })).toEqual([]);
  });

  it("leaves aloha.x to extensions and warns of keys that are not Aloha's", () => {
    const { config, warnings } = resolved(
      parseConfigText("aloha.x.mine 5\nspark.master yarn\n__proto__ 1", "a.conf"),
    );
    expect([...config.extensions]).toEqual([["aloha.x.mine", "5"]]);
    expect(warnings.map((warning) => warning.message)).toEqual([
      'a.conf:2: unknown key "spark.master"',
      'a.conf:3: unknown key "__proto__"',
    ]);
  });

  it("says that a key was set twice", () => {
    const { config, warnings } = resolved(
      parseConfigText("aloha.worker.timeout 5s\naloha.worker.timeout 6s", "a.conf"),
    );
    expect(config.get(timeout)).toBe(6000);
    expect(warnings[0]?.message).toBe(
      "a.conf:1: aloha.worker.timeout is set again at a.conf:2, which wins",
    );
  });

  it("never makes the parser throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { entries, errors } = parseConfigText(text, "f");
        expect(entries.length + errors.length).toBeLessThanOrEqual(text.length + 1);
      }),
    );
  });
});

describe("layers", () => {
  const file = parseConfigText(
    "aloha.master.rest.port 1\naloha.worker.timeout 1\naloha.deploy.recoveryDirectory /file",
    "f",
  );

  it("override each other, the strongest first", () => {
    const flag = {
      entries: [{ name: port.name, text: "3", origin: { kind: "flag", flag: "--port" } as const }],
    };
    const environment = environmentLayer(tables, { ALOHA_REST_PORT: "2", OTHER: "x" });
    const { config } = resolved(
      flag,
      { entries: [parseConfigProperty("aloha.worker.timeout=2s")] },
      environment,
      file,
    );
    expect(config.get(port)).toBe(3);
    expect(formatOrigin(config.origin(port))).toBe("--port");
    expect(config.get(timeout)).toBe(2000);
    expect(formatOrigin(config.origin(timeout))).toBe("-D");
    expect(config.get(directory)).toBe("/file");
    expect(formatOrigin(resolved(environment, file).config.origin(port))).toBe("ALOHA_REST_PORT");
  });

  it("have bad values reported even where a stronger layer hides them", () => {
    const result = resolveConfig(tables, [
      environmentLayer(tables, { ALOHA_REST_PORT: "2" }),
      parseConfigText("aloha.master.rest.port x", "f"),
    ]);
    expect(result).toMatchObject({
      ok: false,
      errors: [{ message: 'f:1: aloha.master.rest.port: "x" is not a number' }],
    });
  });

  it("read an empty variable as unset and an empty value as none", () => {
    expect(environmentLayer(tables, { ALOHA_REST_PORT: "" }).entries).toEqual([]);
    expect(
      resolved(parseConfigText("aloha.deploy.recoveryDirectory=", "f")).config.get(directory),
    ).toBeNull();
  });
});

describe("values", () => {
  it("have the type that the key says", () => {
    const { config } = resolved();
    expectTypeOf(config.get(timeout)).toEqualTypeOf<number>();
    expectTypeOf(config.get(mode)).toEqualTypeOf<"NONE" | "FILESYSTEM">();
    expectTypeOf(config.get(directory)).toEqualTypeOf<string | null>();
    expectTypeOf(config.get(listeners)).toEqualTypeOf<readonly string[]>();
    expectTypeOf(config.get(enabled)).toEqualTypeOf<boolean>();
  });

  it("of secret keys are not shown in errors", () => {
    expect(errorsOf("aloha.network.secret hunter2")).toEqual([
      "a.conf:1: aloha.network.secret: the value is not valid (it is secret and not shown)",
    ]);
  });

  it("of a key that is in no table cannot be asked for", () => {
    expect(() => resolved().config.get({ ...port })).toThrow("is not in the tables");
  });
});
