import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkSupervisorCommand,
  checkSupervisorReport,
  masterMessageChecks,
  masterReplyChecks,
  protocolLimits,
  workerMessageChecks,
  workerReplyChecks,
} from "@aloha/core";
import type { Check } from "@aloha/core";
import * as samples from "./samples.ts";

const checks: readonly (readonly [string, Check, readonly object[]])[] = [
  ["register", masterMessageChecks.register, [samples.register]],
  ["sync", masterMessageChecks.sync, samples.syncs],
  ["probe", masterMessageChecks.probe, [samples.probe]],
  ["read-log", workerMessageChecks["read-log"], [samples.readLog]],
  ["the reply to register", masterReplyChecks.register, samples.registerReplies],
  ["the reply to sync", masterReplyChecks.sync, samples.syncAnswers],
  ["the reply to probe", masterReplyChecks.probe, samples.probeReplies],
  ["the reply to read-log", workerReplyChecks["read-log"], samples.logReplies],
  ["a supervisor's command", checkSupervisorCommand, samples.commands],
  ["a supervisor's report", checkSupervisorReport, samples.supervisorReports],
];

describe.each(checks)("the check of %s", (_name, check, messages) => {
  it("accepts what is well-formed", () => {
    for (const message of messages) expect(check(message)).toBeUndefined();
  });

  it("refuses every message with one required field missing or of another kind, and says which", () => {
    for (const message of messages) {
      for (const [path, mutant] of mutantsOf(message)) {
        const problem = check(mutant);
        expect(
          problem,
          `${path} of ${JSON.stringify(message)} became ${JSON.stringify(mutant)}`,
        ).toBeDefined();
        expect(problem).not.toContain("\n");
      }
    }
  });

  it("never throws, whatever arrives", () => {
    const kinds = messages.map((message) => ("kind" in message ? message.kind : ""));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom(...Object.keys(messages[0]!)), fc.anything()),
          fc.record({ kind: fc.constantFrom(...kinds) }),
        ),
        (value) => {
          const problem = check(value);
          expect(problem === undefined || typeof problem === "string").toBe(true);
        },
      ),
    );
  });

  it("refuses kinds that are none, also inherited ones", () => {
    for (const kind of ["constructor", "__proto__", "", undefined, 5])
      expect(check({ ...messages[0], kind })).toBeDefined();
  });
});

describe("lists", () => {
  const [sync] = samples.syncs;
  const report = { id: 1, attempt: samples.attempt, event: { kind: "accepted" } };

  it("are bounded", () => {
    const check = masterMessageChecks.sync;
    const reports = (count: number) => Array.from({ length: count }, () => report);
    expect(check({ ...sync, reports: reports(protocolLimits.reportsPerSyncMax) })).toBeUndefined();
    expect(check({ ...sync, reports: reports(protocolLimits.reportsPerSyncMax + 1) })).toBe(
      "sync: reports has 10001 items, at most 10000 are allowed",
    );
    expect(
      check({
        ...sync,
        applied: Array.from({ length: protocolLimits.seqsListedMax + 1 }, () => 1),
      }),
    ).toContain("applied");
    const attempts = Array.from(
      { length: protocolLimits.attemptsListedMax + 1 },
      () => samples.attempt,
    );
    expect(checkSupervisorCommand({ kind: "forget", attempts })).toContain("attempts");
    expect(checkSupervisorCommand({ kind: "forget", attempts: attempts.slice(1) })).toBeUndefined();
  });

  it("have the item named that is wrong", () => {
    expect(
      masterMessageChecks.sync({ ...sync, reports: [report, { ...report, attempt: "c/app-1/1" }] }),
    ).toBe("sync: reports[1]: attempt is missing or not well-formed");
  });
});

describe("texts and numbers", () => {
  it.each([
    [{ ...samples.readLog, maxBytes: protocolLimits.logBytesMax + 1 }, "maxBytes"],
    [{ ...samples.readLog, offset: 0.5 }, "offset"],
    [{ ...samples.readLog, waitMs: protocolLimits.waitMsMax + 1 }, "waitMs"],
  ])("of read-log are bounded: %j", (message, field) => {
    expect(workerMessageChecks["read-log"](message)).toContain(field);
  });

  it("of a register are bounded", () => {
    const check = masterMessageChecks.register;
    for (const change of [
      { workerId: "w".repeat(129) },
      { workerId: "a b" },
      { address: { host: "", port: 1 } },
      { address: { host: "h", port: 65_536 } },
      { milliCores: 2 ** 53 },
      { logs: null },
      { logs: { segmentBytes: 0, rollEveryMs: null, keep: 1, compress: true } },
    ]) {
      expect(check({ ...samples.register, ...change })).toBeDefined();
    }
    const logs = { segmentBytes: null, rollEveryMs: 1, keep: null, compress: true };
    expect(check({ ...samples.register, logs })).toBeUndefined();
    expect(check({ ...samples.register, epochSeen: null, clusterIdSeen: null })).toBeUndefined();
  });
});

/** Members that may be missing, since users choose their names; members that may be null; and the one number that may be negative. */
const openRecords = new Set(["environment", "labels", "options", "resources"]);
const nullable = new Set([
  "epochSeen",
  "clusterIdSeen",
  "timeoutMs",
  "waitTimeoutMs",
  "deadlineMs",
  "health",
  "user",
  "key",
  "account",
  "timeLimitMs",
  "messagePath",
  "hosted",
  "exitCode",
  "signal",
  "stopCause",
  "leader",
  "segmentBytes",
  "rollEveryMs",
  "keep",
]);
/** Null in a description, but not in what a supervisor is told. */
const nullableBelow = new Map([
  ["compress", ".description.logs"],
  ["openFilesMax", ".spec"],
]);
const signed = new Set(["offset"]);

/** Copies of a message with one thing wrong in each. */
function* mutantsOf(value: unknown, path = ""): Generator<readonly [string, unknown]> {
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return;
  const isOpen = Array.isArray(value) || openRecords.has(path.split(".").at(-1)!);
  for (const [name, member] of Object.entries(value)) {
    const place = `${path}.${name}`;
    const put = (replacement: unknown): unknown =>
      Array.isArray(value)
        ? value.with(Number(name), replacement)
        : { ...value, [name]: replacement };
    if (!isOpen)
      yield [place, Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))];
    for (const wrong of wrongFor(member, name, path)) yield [place, put(wrong)];
    for (const [below, mutant] of mutantsOf(member, place)) yield [below, put(mutant)];
  }
}

function wrongFor(member: unknown, name: string, path: string): readonly unknown[] {
  const below = nullableBelow.get(name);
  const isNullable = nullable.has(name) || (below !== undefined && path.endsWith(below));
  const always = [undefined, Symbol("s"), () => 0, ...(isNullable ? [] : [null])];
  if (typeof member === "string") return [...always, 5, {}, "x".repeat(600_000)];
  if (typeof member === "number")
    return [...always, "1", Number.NaN, Infinity, ...(signed.has(name) ? [] : [-1])];
  if (typeof member === "boolean") return [...always, 0, "true"];
  if (Array.isArray(member)) return [...always, {}, 5, [Symbol("s")]];
  if (member === null) return [undefined, Number.NaN, true];
  return [...always, 5, []];
}
