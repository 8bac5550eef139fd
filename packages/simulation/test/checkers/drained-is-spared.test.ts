import type { StoreChange, WorkerRecord } from "@aloha/core";
import { describe, expect, it } from "vitest";
import { drainedIsSpared } from "../../src/checkers/drained-is-spared.ts";
import { committed, judge, withAttempts, written } from "./bad-history.ts";

function worker(drain: WorkerRecord["drain"]): StoreChange {
  return {
    kind: "worker",
    worker: {
      workerId: "worker-1",
      hostId: "h",
      bootId: "b",
      incarnation: 1,
      address: { host: "worker-1", port: 1 },
      milliCores: 1,
      memoryMiB: 1,
      resources: {},
      labels: {},
      labelsSet: {},
      drain,
      containment: "cgroup",
      guarded: true,
      softwareVersion: "0",
      mode: drain === null ? "ALIVE" : "DRAINING",
      maxLeaseMs: 1,
      registeredAtMs: 0,
      changedAtMs: 0,
    },
  };
}

const drain = committed(worker({ atMs: 0, deadlineAtMs: null, reason: "" }));
const resume = committed(worker(null));
const placed = written(withAttempts([{}]));

describe("drained-is-spared", () => {
  it("is content with what was placed before, or after the return", () => {
    const ended = written(withAttempts([{ phase: "ENDED" }]));
    expect(judge(drainedIsSpared(), [placed, drain, ended])).toBeUndefined();
    expect(judge(drainedIsSpared(), [drain, resume, placed])).toBeUndefined();
  });

  it("catches a placement on a drained worker", () => {
    expect(judge(drainedIsSpared(), [drain, placed])).toContain("worker-1, which is drained");
  });
});
