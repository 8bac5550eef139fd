import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  descriptionJsonSchema,
  descriptionLimits,
  parseDescription,
} from "@aloha/core";

const minimal = { name: "orders", entryPoint: "shell" };

function parse(extra: object, base: object = minimal) {
  return parseDescription({ ...base, ...extra }, { unknownFields: "refuse" });
}

function accepted(extra: object) {
  const result = parse(extra);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.description;
}

function refusal(extra: object): string {
  const result = parse(extra);
  return result.ok ? "accepted" : result.errors.map((error) => error.message).join("\n");
}

describe("a description", () => {
  it("needs a name and an entry point, and takes the documented defaults for the rest", () => {
    expect(parse({})).toEqual({
      ok: true,
      requestId: null,
      unknownFields: [],
      description: {
        name: "orders",
        entryPoint: "shell",
        args: "",
        options: {},
        libs: [],
        milliCores: 1000,
        memoryMiB: 1024,
        resources: {},
        openFilesMax: 65_536,
        supervise: false,
        restart: {
          on: [],
          maxAttempts: 3,
          windowMs: 3_600_000,
          backoffInitialMs: 5000,
          backoffMaxMs: 300_000,
        },
        onDisconnect: "keep",
        timeoutMs: null,
        waitTimeoutMs: null,
        deadlineMs: null,
        stop: { signal: "SIGTERM", graceMs: 10_000 },
        successExitCodes: [0],
        health: null,
        environment: {},
        user: null,
        namespace: "default",
        key: null,
        onConflict: "reject",
        isolation: "dedicated",
        labels: {},
        description: "",
        logs: { segmentBytes: null, keep: null, compress: null },
      },
    });
  });

  it("may give every field that is available", () => {
    const environment = { A: "x", constructor: "y", C: { worker: "HADOOP_CONF_DIR" } };
    expect(
      accepted({
        entryPoint: "me.jrwang.app.SimpleProcess",
        args: ["python3", "-c", ""],
        libs: ["/opt/a.jar"],
        cores: 0.003,
        memory: "1.5GiB",
        resources: { gpu: 2, "x/fpga": 1 },
        supervise: true,
        restart: { on: ["failure", "oom"], backoff: { initial: "1s" } },
        timeout: "2h",
        health: { exec: ["./check", "-v"], interval: "1m", action: "restart" },
        user: "etl",
        limits: { openFiles: 100_000 },
        waitTimeout: "1d",
        deadline: "7d",
        key: "orders of today",
        onConflict: "replace",
        stop: { signal: "SIGINT" },
        successExitCodes: [0, 143],
        environment,
        labels: { "team/name": "", a: "b c" },
        namespace: "team-2",
        description: "Loads the orders\n\tof the day.",
        logs: { segment: "1m", keep: 0, compress: false, archive: false },
      }),
    ).toMatchObject({
      entryPoint: "shell",
      milliCores: 3,
      memoryMiB: 1536,
      resources: { gpu: 2, "x/fpga": 1 },
      onDisconnect: "fence",
      restart: {
        on: ["failure", "oom"],
        maxAttempts: 3,
        backoffInitialMs: 1000,
        backoffMaxMs: 300_000,
      },
      timeoutMs: 7_200_000,
      health: {
        probe: { kind: "exec", command: ["./check", "-v"] },
        intervalMs: 60_000,
        failures: 3,
        action: "restart",
      },
      user: "etl",
      openFilesMax: 100_000,
      waitTimeoutMs: 86_400_000,
      deadlineMs: 604_800_000,
      key: "orders of today",
      onConflict: "replace",
      stop: { signal: "SIGINT", graceMs: 10_000 },
      successExitCodes: [0, 143],
      environment,
      labels: { "team/name": "" },
      namespace: "team-2",
      description: "Loads the orders\n\tof the day.",
      logs: { segmentBytes: 1024 ** 2, keep: 0, compress: false },
    });
  });

  it("gives its request id beside the description", () => {
    expect(parse({ requestId: "r-1" })).toMatchObject({ ok: true, requestId: "r-1" });
  });

  it.each([
    [{ name: "" }, 'name must be a text of 1 to 256 characters, but is ""'],
    [{ name: "a\nb" }, 'name must be free of control characters, but is "a\\nb"'],
    [{ name: "\ud800" }, "name is not valid Unicode"],
    [{ name: "x".repeat(257) }, "but has 257"],
    [{ name: null }, "but is null"],
    [{ name: undefined }, "name is required"],
    [{ entryPoint: "jobs#Main" }, 'libs must name where the module of "jobs#Main" is'],
    [{ entryPoint: "jobs#1", libs: ["/a"] }, "must name code as module#Export"],
    [{ entryPoint: "../jobs#Main", libs: ["/a"] }, "without .."],
    [{ entryPoint: "/jobs#Main", libs: ["/a"] }, "relative path"],
    [{ isolation: "shared" }, "isolation must be dedicated, unless entryPoint is code"],
    [{ entryPoint: "spark" }, "or code (module#Export): spark is not available yet"],
    [{ entryPoint: "perl" }, 'or code (module#Export), but is "perl"'],
    [{ entryPoint: "constructor" }, "must be one of shell"],
    [{ args: 5 }, "but is a number"],
    [{ args: [] }, "args must be a list of 1 to 10000 items, but is a list of 0"],
    [{ args: ["", "x"] }, "must begin with the program"],
    [{ args: ["a", 5] }, "args[1] must be a text, but is a number"],
    [{ args: "a\0b" }, "args must not contain NUL"],
    [
      { libs: ["https://x/y.jar"] },
      "libs[0] must be a path: addresses and artifacts are not available yet",
    ],
    [{ options: { parallelism: 2 } }, "options must be empty, since shell takes no options"],
    [{ options: [] }, "options must be an object, but is a list of 0"],
    [
      { namespace: "Team" },
      'lower-case letters, digits and dashes, with no dash at either end, but is "Team"',
    ],
    [{ namespace: "-a" }, 'but is "-a"'],
    [{ namespace: "" }, 'but is ""'],
    [{ namespace: "n".repeat(64) }, "namespace must be 1 to 63 lower-case letters"],
    [{ description: "a\0b" }, "description must be free of control characters"],
    [{ description: "x".repeat(4097) }, "description must have at most 4096 characters"],
    [{ resources: { gpu: 0 } }, "resources.gpu must be a whole number from 1 to 1000000, but is 0"],
    [{ resources: { "2x": 1 } }, "and begin with a letter"],
    [{ resources: { a: 1.5 } }, "resources.a must be a whole number"],
    [{ user: "0" }, 'user must be the name of an account, not its number, but is "0"'],
    [{ user: "-x" }, "user must be the name of an account"],
    [{ limits: { openFiles: 15 } }, "limits.openFiles must be a whole number from 16"],
    [{ health: { http: "/" } }, "health.http must be an address such as"],
    [{ health: {} }, "health must have exactly one of http, exec and silence: true"],
    [{ health: { silence: true, exec: "x" } }, "health must have exactly one of"],
    [{ health: { exec: [""] } }, "health.exec[0] must have 1 to 8192 characters"],
    [{ health: { silence: true, interval: "10ms" } }, "health.interval must be a duration"],
    [{ deadline: "0s" }, "deadline must be a duration"],
    [{ waitTimeout: 5 }, "waitTimeout must be a duration with a unit"],
    [{ key: "" }, "key must be a text of 1 to 256 characters"],
    [{ onConflict: "wait" }, 'onConflict must be one of reject, replace, queue, but is "wait"'],
    [{ cores: 0 }, "cores must be a number from 0.001 to 100000"],
    [{ cores: 0.0015 }, "at most three decimals, but is 0.0015"],
    [{ cores: -1 }, "but is -1"],
    [{ cores: Number.NaN }, "but is NaN"],
    [{ cores: "1" }, 'but is "1"'],
    [{ cores: 100_001 }, "but is 100001"],
    [{ memory: 0 }, "memory must be a size from 1MiB"],
    [{ memory: 0.5 }, "memory must be a size from 1MiB"],
    [{ memory: "1500k" }, "memory must be a whole number of MiB"],
    [{ memory: "lots" }, '"lots" is not a size'],
    [{ memory: 2 ** 53 }, "too large"],
    [{ supervise: "yes" }, "supervise must be true or false"],
    [{ restart: { on: ["sometimes"] } }, "restart.on[0] must be one of failure, timeout, oom"],
    [{ restart: { on: ["oom", "oom"] } }, 'restart.on must not name "oom" twice'],
    [
      { restart: { backoff: { initial: "10m" } } },
      "restart.backoff must have an initial wait that is not longer than max",
    ],
    [{ restart: { wndow: "1h" } }, '"restart.wndow" is not a field; did you mean window?'],
    [{ onDisconnect: "maybe" }, "onDisconnect must be one of keep, fence"],
    [{ timeout: 30 }, "with a unit"],
    [{ timeout: "30" }, "with a unit"],
    [{ timeout: "0s" }, "with a unit from 1ms"],
    [{ stop: { signal: "SIGSTOP" } }, "stop.signal must be one of SIGTERM"],
    [{ stop: { grace: "2d" } }, "stop.grace must be a duration with a unit from 0ms to 1d"],
    [{ successExitCodes: [256] }, "successExitCodes[0] must be a whole number from 0 to 255"],
    [{ successExitCodes: [] }, "list of 1 to 256 items"],
    [{ environment: { "A=B": "x" } }, 'environment has the name "A=B"'],
    [
      { environment: { A: { secret: "s" } } },
      "environment.A must be a text or {worker: NAME}: secrets are not available yet",
    ],
    [{ environment: { A: { worker: "X", other: 1 } } }, "exactly {worker: NAME}"],
    [{ environment: { ALOHA_ATTEMPT: "x" } }, "must not be one that Aloha sets itself"],
    [{ labels: { "": "x" } }, 'labels has the name ""'],
    [{ labels: { a: "x\u0007" } }, "labels.a must be free of control characters"],
    [{ logs: { segment: "10" } }, "logs.segment must be a size"],
    [{ logs: { archive: true } }, "logs.archive is not available yet"],
    [{ requestId: "" }, "requestId must be a text of 1 to 128 characters"],
    [{ nmae: "x" }, '"nmae" is not a field; did you mean name?'],
  ])("with %j is refused with a message that says why", (extra, message) => {
    expect(refusal(extra)).toContain(message);
  });

  it("never has own properties confused with inherited ones", () => {
    expect(
      parseDescription(
        JSON.parse('{"name":"a","entryPoint":"shell","__proto__":{},"toString":1}'),
        { unknownFields: "refuse" },
      ),
    ).toMatchObject({
      ok: false,
      errors: [{ path: "__proto__" }, { path: "toString" }],
    });
    expect(parseDescription(Object.create(minimal), { unknownFields: "refuse" })).toMatchObject({
      ok: false,
      errors: [{ path: "name" }, { path: "entryPoint" }],
    });
    expect(parse({ environment: JSON.parse('{"__proto__":"x"}') })).toMatchObject({
      ok: false,
      errors: [{ message: expect.stringContaining("__proto__") }],
    });
  });

  it("lists unknown fields instead of refusing them where that is asked for", () => {
    const result = parseDescription(
      { ...minimal, nmae: 1, stop: { x: 1 } },
      { unknownFields: "collect" },
    );
    expect(result).toMatchObject({ ok: true, unknownFields: ["nmae", "stop.x"] });
  });

  it("never shows values of the environment or arguments in messages", () => {
    for (const extra of [
      { environment: { A: "hunter2\0" } },
      { args: "hunter2\0" },
      { environment: { A: ["hunter2"] } },
    ]) {
      expect(refusal(extra)).not.toContain("hunter2");
    }
  });

  it("reports everything at once, but never without bound", () => {
    expect(parse({ name: 1, cores: 0, memory: 0 })).toMatchObject({
      ok: false,
      errors: { length: 3 },
    });
    expect(parse({ args: Array.from({ length: 5000 }, () => 1) })).toMatchObject({
      ok: false,
      errors: { length: 100 },
    });
  });
});

describe("fields that are not available yet", () => {
  it.each([
    ["queue", "q"],
    ["priority", 5],
    ["constraints", [{}]],
    ["schedule", { every: "1h" }],
    ["after", [{}]],
    ["array", { size: 2 }],
  ])("such as %s are refused, never ignored", (name, value) => {
    expect(refusal({ [name]: value })).toContain(`${name} is not available yet`);
  });

  it("may be given with their documented defaults", () => {
    accepted({
      options: {},
      resources: {},
      limits: { openFiles: 65_536 },
      waitTimeout: null,
      deadline: null,
      health: null,
      user: null,
      namespace: "default",
      key: null,
      onConflict: "reject",
      description: "",
      queue: "default",
      priority: 0,
      constraints: [],
      schedule: null,
      after: [],
      array: null,
    });
  });
});

describe("limits", () => {
  const limits = descriptionLimits;

  it("hold at their edge", () => {
    accepted({ name: "x".repeat(limits.nameLengthMax) });
    accepted({ args: "x".repeat(limits.argumentBytesMax) });
    expect(refusal({ args: "x".repeat(limits.argumentBytesMax + 1) })).toContain(
      "must take at most 131071 bytes, but takes 131072",
    );
    expect(refusal({ args: "é".repeat(limits.argumentBytesMax / 2 + 1) })).toContain(
      "must take at most 131071 bytes",
    );
    const third = "x".repeat(100_000);
    accepted({ args: [third, third] });
    expect(refusal({ args: [third, third, third] })).toContain(
      "args must take at most 262144 bytes",
    );
    const variables = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, ""]));
    accepted({ environment: variables(limits.environmentCountMax) });
    expect(refusal({ environment: variables(limits.environmentCountMax + 1) })).toContain(
      "at most 1000 entries, but has 1001",
    );
    expect(refusal({ environment: { A: third, B: third, C: third } })).toContain(
      "environment must take at most 262144 bytes",
    );
    expect(refusal({ environment: { A: "x".repeat(131_072) } })).toContain("A has 131075");
    accepted({ memory: limits.memoryMiBMax });
    expect(refusal({ memory: limits.memoryMiBMax + 1 })).toContain("memory must be a size");
    accepted({ cores: limits.coresMax });
  });

  it("can be set", () => {
    const result = parseDescription(minimal, {
      unknownFields: "refuse",
      limits: { ...limits, nameLengthMax: 3 },
    });
    expect(result).toMatchObject({ ok: false, errors: [{ path: "name" }] });
  });
});

describe("every number of thousandths", () => {
  it("is read exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), (milliCores) => {
        expect(accepted({ cores: milliCores / 1000 }).milliCores).toBe(milliCores);
      }),
    );
  });
});

describe("whatever arrives", () => {
  it("is answered without throwing", () => {
    const names = [
      "name",
      "entryPoint",
      "args",
      "cores",
      "memory",
      "restart",
      "stop",
      "environment",
      "labels",
      "logs",
      "limits",
      "timeout",
    ];
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(...names), fc.anything())),
        (input) => {
          expect(typeof parseDescription(input, { unknownFields: "refuse" }).ok).toBe("boolean");
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the JSON Schema", () => {
  it("names every field with its documentation and default", () => {
    const schema = descriptionJsonSchema();
    expect(schema).toMatchObject({
      required: ["name", "entryPoint"],
      additionalProperties: false,
      properties: {
        cores: { type: "number", default: 1 },
        stop: { properties: { grace: { default: "10s" } } },
        queue: { const: "default" },
      },
    });
    expect(Object.keys(schema["properties"] as object)).toHaveLength(34);
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

describe("canonical JSON", () => {
  it("is the same for equal values, whatever the order of their keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
