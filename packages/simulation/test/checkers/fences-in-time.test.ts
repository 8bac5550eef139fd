import { describe, expect, it } from "vitest";
import { fencesInTime } from "../../src/checkers/fences-in-time.ts";
import { attempt, judge } from "./bad-history.ts";

describe("fences-in-time", () => {
  it("is content with a guardian that acts for a stopped supervisor", () => {
    expect(
      judge(fencesInTime(), [{ kind: "guardian-fenced", attempt: attempt(1), isNeeded: true }]),
    ).toBeUndefined();
  });

  it("catches a supervisor that runs and misses a deadline", () => {
    expect(
      judge(fencesInTime(), [{ kind: "guardian-fenced", attempt: attempt(1), isNeeded: false }]),
    ).toContain("had to kill");
  });
});
