import { describe, expect, it } from "vitest";
import { workOutlivesManagers } from "../../src/checkers/work-outlives-managers.ts";
import type { Observation } from "../../src/history/observation.ts";
import { attempt, committed, described, judge, record, started, written } from "./bad-history.ts";

const signalled: Observation = { kind: "tree-signalled", attempt: attempt(1) };
const kept = committed(described({ onDisconnect: "keep" }));

describe("work-outlives-managers", () => {
  it("catches a signal to an application that is to be kept", () => {
    expect(judge(workOutlivesManagers(), [kept, started(1), signalled])).toContain(
      "without a reason",
    );
  });

  it("is content with a durable kill, a time limit, a fence, and the end of supervision", () => {
    const killRequest = { cause: "request" as const, atMs: 0, immediately: false, reason: "" };
    expect(
      judge(workOutlivesManagers(), [
        kept,
        written(record({ killRequest })),
        started(1),
        signalled,
      ]),
    ).toBeUndefined();
    const limited = committed(described({ onDisconnect: "keep", timeoutMs: 1 }));
    expect(judge(workOutlivesManagers(), [limited, started(1), signalled])).toBeUndefined();
    const fenced = committed(described({ onDisconnect: "fence" }));
    expect(judge(workOutlivesManagers(), [fenced, started(1), signalled])).toBeUndefined();
    const ended: Observation = { kind: "supervision-ended", hostName: "worker-1" };
    expect(judge(workOutlivesManagers(), [kept, started(1), ended, signalled])).toBeUndefined();
  });

  it("excuses nothing that is started once supervision began anew", () => {
    const ended: Observation = { kind: "supervision-ended", hostName: "worker-1" };
    const began: Observation = { kind: "supervision-began", hostName: "worker-1" };
    expect(judge(workOutlivesManagers(), [kept, ended, began, started(1), signalled])).toContain(
      "without a reason",
    );
  });
});
