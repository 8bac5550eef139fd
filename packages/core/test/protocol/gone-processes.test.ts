import { describe, expect, it } from "vitest";
import type { SupervisorReport, Sync } from "../../src/index.ts";
import { checkSupervisorReport, formatAttemptKey, masterMessageChecks } from "../../src/index.ts";

const attempt = formatAttemptKey({ clusterId: "c", appId: "app-20260101000000-0001", number: 1 });

describe("an attempt whose main process is gone before its end is recorded", () => {
  it("may be said to live with pid 0, to a worker that attaches and on to the master", () => {
    const live = { kind: "live", attempt, pid: 0, startedAtMs: 1, stopCause: null } as const;
    const attached: SupervisorReport = {
      kind: "attached",
      version: 1,
      bootId: "b",
      containment: "cgroup",
      guarded: true,
      epochsSeen: [],
      attempts: [live],
    };
    expect(checkSupervisorReport(attached)).toBeUndefined();
    const sync: Sync = {
      kind: "sync",
      workerId: "w1",
      incarnation: 1,
      seq: 1,
      epochSeen: { number: 1, nonce: "n" },
      nonce: "n",
      stamp: 1,
      applied: [],
      outstanding: [],
      intent: "serving",
      reports: [{ id: 1, attempt, event: { kind: "started", pid: 0, startedAtMs: 1 } }],
      running: { kind: "hash", hash: "0-0-0" },
    };
    expect(masterMessageChecks.sync(sync)).toBeUndefined();
  });
});
