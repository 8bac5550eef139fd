import { describe, expect, it } from "vitest";
import type { HealthPolicy } from "../../src/index.ts";
import { WorkerHarness, exited0, key } from "./worker-harness.ts";

function policy(action: HealthPolicy["action"] = "alert"): HealthPolicy {
  return {
    probe: { kind: "http", url: "http://127.0.0.1/" },
    intervalMs: 30_000,
    failures: 2,
    action,
  };
}

function running(action: HealthPolicy["action"] = "alert"): WorkerHarness {
  const worker = new WorkerHarness();
  worker.serve();
  worker.run(key(1), { health: policy(action) });
  settle(worker);
  return worker;
}

/** Lets the next check be due, and answers it. */
function check(worker: WorkerHarness, healthy: boolean, message = "text"): void {
  worker.pass(30_000);
  expect(worker.take("check-health")).toMatchObject([{ attempt: key(1), timeoutMs: 10_000 }]);
  worker.input({ kind: "health-checked", attempt: key(1), healthy, message });
}

/** The reports that the next Sync brings, acknowledged. */
function settle(worker: WorkerHarness): readonly unknown[] {
  const { state } = worker;
  const events = [...state.reports.pending.values()].map(({ event }) => event);
  state.reports.pending.clear();
  worker.effects = [];
  return events;
}

describe("a health check", () => {
  it("begins one interval after the start, and comes again an interval after each answer", () => {
    const worker = running();
    worker.pass(29_999);
    expect(worker.take("check-health")).toEqual([]);
    worker.pass(1);
    expect(worker.take("check-health")).toHaveLength(1);
    worker.pass(60_000);
    expect(worker.take("check-health")).toEqual([]);
    worker.input({ kind: "health-checked", attempt: key(1), healthy: true, message: "" });
    check(worker, true);
    expect(settle(worker)).toEqual([]);
  });

  it("tells once that so many in a row have failed, and once that one has succeeded", () => {
    const worker = running();
    check(worker, false);
    check(worker, true);
    check(worker, false, "answers 503");
    expect(settle(worker)).toEqual([]);
    check(worker, false, "answers 503");
    check(worker, false, "answers 503");
    expect(settle(worker)).toEqual([{ kind: "health", healthy: false, message: "answers 503" }]);
    check(worker, true, "answers 200");
    check(worker, true, "answers 200");
    expect(settle(worker)).toEqual([{ kind: "health", healthy: true, message: "answers 200" }]);
  });

  it("lets the supervisor stop what is to be restarted, again as long as it runs on", () => {
    const worker = running("restart");
    check(worker, false);
    expect(worker.ordered("kill")).toEqual([]);
    check(worker, false);
    expect(worker.ordered("kill")).toMatchObject([
      { attempt: key(1), cause: "unhealthy", immediately: false },
    ]);
    check(worker, false);
    expect(worker.ordered("kill")).toHaveLength(1);
  });

  it("ends with its attempt", () => {
    const worker = running();
    worker.pass(30_000);
    worker.supervisor({ kind: "ended", attempt: key(1), outcome: exited0 });
    settle(worker);
    worker.input({ kind: "health-checked", attempt: key(1), healthy: false, message: "" });
    worker.pass(90_000);
    expect(worker.take("check-health")).toEqual([]);
    expect(worker.state.health.size).toBe(0);
  });

  it("begins anew when the worker is restarted, and says what it finds", () => {
    const before = running();
    const worker = new WorkerHarness({ journal: before.disk, incarnation: 2 });
    worker.serve([{ kind: "live", attempt: key(1), pid: 7, startedAtMs: 1, stopCause: null }]);
    settle(worker);
    check(worker, true, "answers 200");
    expect(settle(worker)).toEqual([{ kind: "health", healthy: true, message: "answers 200" }]);
  });
});
