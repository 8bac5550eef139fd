import { describe, expect, it } from "vitest";
import { trueExits } from "../../src/checkers/true-exits.ts";
import type { Observation } from "../../src/history/observation.ts";
import { attempt, exited, gone, judge, started, withAttempts, written } from "./bad-history.ts";

const exitedWith = (exitCode: number): Observation => ({
  kind: "main-exited",
  attempt: attempt(1),
  exitCode,
  signal: null,
});
const recorded = written(withAttempts([{ phase: "ENDED", outcome: exited() }]));

describe("true-exits", () => {
  it("is content with the exit that the kernel saw", () => {
    expect(judge(trueExits(), [started(1), exitedWith(0), gone(1), recorded])).toBeUndefined();
  });

  it("catches another exit than that, and one that never was", () => {
    expect(judge(trueExits(), [started(1), exitedWith(1), gone(1), recorded])).toContain(
      "exited with 1",
    );
    expect(judge(trueExits(), [recorded])).toContain("never exited");
  });

  it("catches an exit after a signal that is recorded as the program's own", () => {
    const signalled: Observation = { kind: "tree-signalled", attempt: attempt(1) };
    expect(judge(trueExits(), [started(1), signalled, exitedWith(0), gone(1), recorded])).toContain(
      "was stopped",
    );
    expect(
      judge(trueExits(), [started(1), exitedWith(0), signalled, gone(1), recorded]),
    ).toBeUndefined();
  });

  it("catches an end while processes are left", () => {
    expect(judge(trueExits(), [started(1), exitedWith(0), recorded])).toContain("has processes");
    expect(
      judge(trueExits(), [started(1), written(withAttempts([{ phase: "FENCED" }]))]),
    ).toContain("has processes");
  });

  it("catches a refusal of what was started", () => {
    const refused = written(
      withAttempts([{ phase: "ENDED", outcome: { kind: "never-started", endedAtMs: 0 } }]),
    );
    expect(judge(trueExits(), [started(1), gone(1), refused])).toContain("it was started");
  });
});
