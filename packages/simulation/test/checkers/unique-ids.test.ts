import { describe, expect, it } from "vitest";
import { uniqueIds } from "../../src/checkers/unique-ids.ts";
import type { Observation } from "../../src/history/observation.ts";
import { committed, described, judge, record, withAttempts, written } from "./bad-history.ts";

const alert = (sequence: number): Observation => ({
  kind: "committed",
  changes: [],
  events: [{ kind: "alert", sequence, atMs: 0, code: "c", message: "m" }],
});

describe("unique-ids", () => {
  it("is content with rising numbers", () => {
    expect(
      judge(uniqueIds(), [
        committed(described()),
        written(record()),
        written(withAttempts([{}])),
        alert(1),
        alert(2),
      ]),
    ).toBeUndefined();
  });

  it("catches an id and a number that are used again", () => {
    expect(judge(uniqueIds(), [committed(described()), committed(described())])).toContain(
      "two applications",
    );
    expect(
      judge(uniqueIds(), [written(record()), written(record({ id: "app-20260101000000-0002" }))]),
    ).toContain("number 1");
  });

  it("catches attempts that go back", () => {
    expect(
      judge(uniqueIds(), [written(withAttempts([{}, {}])), written(withAttempts([{}]))]),
    ).toContain("went back");
  });

  it("catches a hole in the event log", () => {
    expect(judge(uniqueIds(), [alert(1), alert(3)])).toContain("event 3 follows event 1");
  });
});
