import { createNodeRuntime, jsonLogger, prettyLogger } from "@aloha/runtime/node";
import { expect, test } from "vitest";

function lines(): { written: string[]; destination: { write(line: string): void } } {
  const written: string[] = [];
  return { written, destination: { write: (line) => void written.push(line) } };
}

const wallMs = (): number => Date.UTC(2026, 0, 2, 3, 4, 5, 6);

test("a JSON record is one line with time, level, message and fields in this order", () => {
  const { written, destination } = lines();
  jsonLogger({ destination, wallMs }).info("worker registered", { cores: 4 });
  expect(written).toEqual([
    '{"time":"2026-01-02T03:04:05.006Z","level":"info","message":"worker registered","cores":4}\n',
  ]);
});

test("records below the level are dropped", () => {
  const { written, destination } = lines();
  const logger = jsonLogger({ destination, level: "warn" });
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  expect(written.map((line) => JSON.parse(line).message)).toEqual(["c", "d"]);
});

test("a child adds its fields to everything, and a record's own win", () => {
  const { written, destination } = lines();
  const child = jsonLogger({ destination }).child({ worker: "w1" }).child({ part: "journal" });
  child.info("x", { part: "spawner" });
  expect(JSON.parse(written[0]!)).toMatchObject({ worker: "w1", part: "spawner" });
});

test("no field can pose as the level or the message", () => {
  const { written, destination } = lines();
  jsonLogger({ destination }).info("real", { level: "error", message: "forged" });
  expect(JSON.parse(written[0]!)).toMatchObject({ level: "info", message: "real" });
});

test("an error is written with its code, stack and all causes", () => {
  const { written, destination } = lines();
  const cause = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const error = new Error("cannot write the journal", { cause });
  jsonLogger({ destination }).error("stopped", { error });
  expect(JSON.parse(written[0]!).error).toMatchObject({
    message: "cannot write the journal",
    stack: expect.stringContaining("loggers.test.ts"),
    cause: { message: "no space", code: "ENOSPC" },
  });
});

test("the pretty form of an error is its chain of messages", () => {
  const { written, destination } = lines();
  const error = new Error("cannot write", { cause: new Error("no space") });
  prettyLogger({ destination, wallMs }).error("stopped", { error, worker: "w1", note: "a b" });
  expect(written).toEqual([
    '2026-01-02 03:04:05.006Z ERROR stopped error="cannot write, because: no space" worker=w1 note="a b"\n',
  ]);
});

test.each([
  ["JSON", jsonLogger],
  ["pretty", prettyLogger],
])("control characters cannot forge a line or repaint the terminal (%s)", (_, makeLogger) => {
  const { written, destination } = lines();
  const evil = "a\nERROR forged\r\u001b[2J\u009b31m\u2028\u202e\u007f";
  makeLogger({ destination }).info(evil, { [evil]: evil, error: new Error(evil) });
  expect(written).toHaveLength(1);
  expect(written[0]).toMatch(/^[^\p{Cc}\u2028\u202e]*\n$/u);
});

test("colours are written only where they are asked for", () => {
  const { written, destination } = lines();
  prettyLogger({ destination }).warn("plain");
  prettyLogger({ destination, color: true }).warn("coloured");
  expect(written[0]).not.toContain("\u001b");
  expect(written[1]).toContain("\u001b[33mWARN \u001b[39m");
});

test("values of fields that are named like secrets are not written, however deep", () => {
  const { written, destination } = lines();
  const logger = jsonLogger({ destination }).child({ apiToken: "s3cret" });
  logger.info("x", { request: { headers: { Authorization: "s3cret" } }, password: ["s3cret"] });
  logger.info("x", { map: new Map([["clientSecret", "s3cret"]]), key: Buffer.from("s3cret") });
  expect(written.join("")).not.toContain("s3cret");
  expect(written[0]).toContain('"apiToken":"[redacted]"');
});

test("nothing that can be logged makes the logger throw, and no record is long", () => {
  const { written, destination } = lines();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const hostile = {
    get broken(): never {
      throw new Error("getter");
    },
  };
  jsonLogger({ destination }).info("x".repeat(1_000_000), {
    circle,
    hostile,
    big: 1n,
    nothing: undefined,
    none: null,
    nan: Number.NaN,
    symbol: Symbol("s"),
    list: Array.from({ length: 1000 }, (_, index) => index),
    text: "y".repeat(1_000_000),
    call: () => 1,
  });
  expect(written[0]!.length).toBeLessThan(25_000);
  expect(JSON.parse(written[0]!)).toMatchObject({
    hostile: { unprintable: true },
    big: "1",
    none: null,
    nan: "NaN",
    symbol: "Symbol(s)",
    call: "[function]",
  });
});

test("the runtime of a real process has clocks that agree with the system and timers that fire", async () => {
  const { written, destination } = lines();
  const runtime = createNodeRuntime({ logger: jsonLogger({ destination }) });
  runtime.logger.info("hello");
  expect(written).toHaveLength(1);
  expect(Math.abs(runtime.clock.wallMs() - Date.now())).toBeLessThan(1000);
  const before = runtime.clock.monotonicMs();
  await new Promise<void>((resolve) => runtime.timers.after(20, resolve));
  expect(runtime.clock.monotonicMs() - before).toBeGreaterThanOrEqual(19);
  expect(runtime.random.hex(8)).toMatch(/^[0-9a-f]{16}$/);
});
