import { describe, expect, it } from "vitest";
import { oneLiveTree } from "../../src/checkers/one-live-tree.ts";
import { gone, judge, started, withAttempts, written } from "./bad-history.ts";

const first = written(withAttempts([{}]));
const second = written(withAttempts([{ phase: "FENCED" }, { workerId: "worker-2" }]));

describe("one-live-tree", () => {
  it("is content with a second attempt after the first is gone", () => {
    expect(
      judge(oneLiveTree(), [first, started(1), gone(1), second, started(2, "worker-2")]),
    ).toBeUndefined();
  });

  it("catches a second attempt beside the first", () => {
    expect(judge(oneLiveTree(), [first, started(1), second, started(2, "worker-2")])).toContain(
      "while",
    );
  });

  it("catches an attempt that is started twice", () => {
    expect(judge(oneLiveTree(), [first, started(1), gone(1), started(1)])).toContain("twice");
  });

  it("catches an attempt that is started after it was given up, or before it was placed", () => {
    expect(judge(oneLiveTree(), [second, started(1)])).toContain("newest attempt is 2");
    expect(judge(oneLiveTree(), [started(1)])).toContain("never placed");
  });
});
