import { describe, expect, it } from "vitest";
import { oneEnd } from "../../src/checkers/one-end.ts";
import { appId, end, judge, record, written } from "./bad-history.ts";

const finished = written(record({ state: "FINISHED", end: end("FINISHED") }));

function told(sequence: number): Parameters<ReturnType<typeof oneEnd>["observe"]>[0] {
  const event = {
    kind: "application-state-changed",
    sequence,
    atMs: 0,
    appId,
    name: "job",
    from: "RUNNING",
    to: "FINISHED",
    attempt: 1,
    workerId: null,
    reason: null,
    message: null,
  } as const;
  return { kind: "committed", changes: [], events: [event] };
}

describe("one-end", () => {
  it("is content with one end that is told once", () => {
    expect(judge(oneEnd(), [written(record()), finished, told(1)])).toBeUndefined();
  });

  it("catches a record that is written after its end", () => {
    expect(
      judge(oneEnd(), [finished, written(record({ state: "KILLED", end: end("KILLED") }))]),
    ).toContain("written again");
  });

  it("catches a terminal state without an end", () => {
    expect(judge(oneEnd(), [written(record({ state: "FAILED" }))])).toContain("with end null");
  });

  it("catches an event log that tells of two ends, or of one that is not durable", () => {
    expect(judge(oneEnd(), [finished, told(1), told(2)])).toContain("second end");
    expect(judge(oneEnd(), [told(1)])).toContain("its record does not");
  });
});
