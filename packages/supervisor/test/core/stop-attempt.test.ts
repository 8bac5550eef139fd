import { guardTable } from "@aloha/supervisor/core";
import { describe, expect, test } from "vitest";
import { attachedSupervisor, keyOf, kindsOf } from "./bench-supervisor.ts";

describe("stopping", () => {
  test("the cause is durable before the signal, and the tree is killed after the grace period until it is gone", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    expect(kindsOf(bench.kill(1))).toEqual(["append"]);
    expect(kindsOf(bench.flush())).toEqual(["signal-tree"]);
    expect(kindsOf(bench.advance(4_999))).toEqual([]);
    expect(kindsOf(bench.advance(1))).toEqual(["kill-tree"]);
    expect(kindsOf(bench.advance(250))).toEqual(["kill-tree"]);
    bench.exit(1, null, "SIGKILL");
    bench.settle(1);
    expect(bench.lastReport("ended")).toMatchObject({
      outcome: { kind: "exited", stopCause: "kill", tree: "verified" },
    });
  });

  test("an exit recorded before any signal wins over a kill", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.kill(1);
    bench.exit(1, 0);
    expect(kindsOf(bench.flush())).not.toContain("signal-tree");
    bench.settle(1);
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { exitCode: 0, stopCause: null } });
  });

  test("a kill before the fork means that it never starts", () => {
    const bench = attachedSupervisor();
    bench.run(9);
    bench.start(1);
    bench.kill(1);
    expect(kindsOf(bench.flush())).not.toContain("spawn");
    expect(bench.lastReport("ended")).toMatchObject({
      attempt: keyOf(1),
      outcome: { kind: "never-started" },
    });
  });

  test("a kill without grace shortens one with grace", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.kill(1);
    bench.flush();
    expect(kindsOf(bench.kill(1, true))).toEqual(["kill-tree"]);
  });

  test("a kill of an attempt that was never seen is answered so", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.kill(2);
    expect(bench.lastReport("unknown-attempt")).toMatchObject({ attempt: keyOf(2) });
  });

  test("the time limit stops an attempt with cause timeout", () => {
    const bench = attachedSupervisor();
    bench.run(1, { spec: { timeLimitMs: 1_000, onDisconnect: "keep" } });
    expect(bench.advance(999)).toEqual([]);
    bench.advance(1);
    expect(bench.journal.at(-1)).toEqual({ kind: "stop", attempt: keyOf(1), cause: "timeout" });
  });

  test("a tree that survives SIGKILL is reported once", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.kill(1, true);
    bench.flush();
    for (let tick = 0; tick < 200; tick++) bench.advance(250);
    expect(
      bench.reports.filter((report) => report.kind === "alert" && report.code === "tree-survives"),
    ).toHaveLength(1);
  });
});

describe("fencing", () => {
  test("the stop signal goes out at min(grace, lease / 4) before the deadline, SIGKILL at it", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    expect(bench.advance(54_999)).toEqual([]);
    bench.advance(1);
    expect(kindsOf(bench.flush())).toEqual(["signal-tree"]);
    expect(kindsOf(bench.advance(4_999))).toEqual([]);
    expect(kindsOf(bench.advance(1))).toEqual(["kill-tree"]);
  });

  test("at the deadline the tree is killed even if the disk did not take the cause", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.advance(55_000);
    expect(kindsOf(bench.advance(5_000))).toEqual(["kill-tree"]);
  });

  test("a renewal moves the deadline, but revives nothing whose time has come", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.run(2);
    bench.advance(30_000);
    bench.command({ kind: "stamp", stamp: 2 });
    expect(kindsOf(bench.renew([1], 2))).toEqual(["guard-changed"]);
    bench.bootMs += 30_000;
    bench.command({ kind: "stamp", stamp: 3 });
    bench.renew([1, 2], 3);
    expect(kindsOf(bench.feed({ kind: "tick" }))).toContain("kill-tree");
    expect(guardTable(bench.state).map((entry) => entry.fenceBootMs)).toEqual([220_000, 160_000]);
  });

  test("a renewal after the fence signal does not revive", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.advance(56_000);
    bench.flush();
    bench.command({ kind: "stamp", stamp: 2 });
    bench.renew([1], 2);
    expect(kindsOf(bench.advance(4_000))).toEqual(["kill-tree"]);
    bench.exit(1, 0);
    bench.settle(1);
    expect(bench.lastReport("ended")).toMatchObject({
      outcome: { exitCode: 0, stopCause: "fence" },
    });
  });

  test("keep is never fenced, and without a guardian neither is fence", () => {
    const bench = attachedSupervisor();
    bench.run(1, { spec: { onDisconnect: "keep" } });
    expect(bench.advance(600_000)).toEqual([]);
    const unguarded = attachedSupervisor();
    unguarded.feed({ kind: "guardian", event: "unavailable", message: "no /proc" });
    unguarded.run(1);
    expect(unguarded.advance(600_000)).toEqual([]);
  });

  test("what the guardian killed while the supervisor was stopped was fenced", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.bootMs += 70_000;
    bench.exit(1, null, "SIGKILL", "verified", true);
    bench.settle(1);
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { stopCause: "fence" } });
  });
});
