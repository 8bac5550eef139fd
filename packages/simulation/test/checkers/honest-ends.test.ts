import { describe, expect, it } from "vitest";
import { honestEnds } from "../../src/checkers/honest-ends.ts";
import {
  committed,
  described,
  end,
  exited,
  gone,
  judge,
  record,
  started,
  withAttempts,
  written,
} from "./bad-history.ts";

const killRequest = { cause: "request" as const, atMs: 0, immediately: false, reason: "" };

function finishedAfter(
  change: Parameters<typeof exited>[0],
): Parameters<ReturnType<typeof honestEnds>["observe"]>[0] {
  return written(
    withAttempts([{ phase: "ENDED", outcome: exited(change) }], {
      state: "FINISHED",
      end: end("FINISHED"),
    }),
  );
}

describe("honest-ends", () => {
  it("is content with FINISHED after exit 0, and with KILLED after a durable kill", () => {
    expect(
      judge(honestEnds(), [committed(described()), started(1), gone(1), finishedAfter({})]),
    ).toBeUndefined();
    expect(
      judge(honestEnds(), [written(record({ state: "KILLED", killRequest, end: end("KILLED") }))]),
    ).toBeUndefined();
  });

  it("catches FINISHED after another code, after a signal of ours, or without an exit", () => {
    expect(judge(honestEnds(), [committed(described()), finishedAfter({ exitCode: 1 })])).toContain(
      "FINISHED after exit 1",
    );
    expect(
      judge(honestEnds(), [committed(described()), finishedAfter({ stopCause: "fence" })]),
    ).toContain("because of fence");
    expect(
      judge(honestEnds(), [written(record({ state: "FINISHED", end: end("FINISHED") }))]),
    ).toContain("without an exit");
  });

  it("catches KILLED that nobody asked for", () => {
    expect(
      judge(honestEnds(), [written(record({ state: "KILLED", end: end("KILLED") }))]),
    ).toContain("nobody asked");
  });

  it("catches an end while processes are left", () => {
    const killed = written(
      withAttempts([{ phase: "FENCED" }], { state: "KILLED", killRequest, end: end("KILLED") }),
    );
    expect(judge(honestEnds(), [started(1), killed])).toContain("has processes");
  });
});
