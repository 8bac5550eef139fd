import { describe, expect, it } from "vitest";
import { nothingStuck } from "../../src/checkers/nothing-stuck.ts";
import { end, judge, record, written } from "./bad-history.ts";

const finished = written(record({ state: "FINISHED", end: end("FINISHED") }));

describe("nothing-stuck", () => {
  it("is content when everything has ended", () => {
    const checker = nothingStuck();
    expect(judge(checker, [written(record())])).toBeUndefined();
    expect(checker.pending).toBe(1);
    expect(judge(checker, [finished, { kind: "patience-over" }])).toBeUndefined();
    expect(checker.pending).toBe(0);
  });

  it("catches what still waits when patience is over", () => {
    expect(judge(nothingStuck(), [written(record()), { kind: "patience-over" }])).toContain(
      "1 applications have not ended",
    );
  });
});
