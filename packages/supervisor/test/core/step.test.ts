import { snapshotEntries, guardTable } from "@aloha/supervisor/core";
import { describe, expect, test } from "vitest";
import { attachedSupervisor, BenchSupervisor, keyOf, kindsOf, specOf } from "./bench-supervisor.ts";

describe("starting", () => {
  test("nothing is forked before the epoch and then the attempt are durable", () => {
    const bench = attachedSupervisor();
    expect(kindsOf(bench.start(1))).toEqual(["append"]);
    expect(bench.journal.at(-1)).toMatchObject({ kind: "epoch" });
    const effects = bench.flush();
    expect(kindsOf(effects)).toEqual(["append", "spawn"]);
    expect(bench.journal.at(-1)).toMatchObject({ kind: "accepted", attempt: keyOf(1) });
  });

  test("a start past its deadline is refused for good, even if it comes again with a fresh lease", () => {
    const bench = attachedSupervisor();
    bench.bootMs += 60_000;
    bench.start(1);
    bench.flush();
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { kind: "rejected", code: "lapsed" } });
    bench.command({ kind: "stamp", stamp: 2 });
    expect(kindsOf(bench.start(1, { stamp: 2 }))).toEqual(["report"]);
  });

  test("the deadline is compared again at the fork", () => {
    const bench = attachedSupervisor();
    bench.run(9);
    bench.start(1);
    bench.bootMs += 60_000;
    expect(kindsOf(bench.flush())).not.toContain("spawn");
    expect(bench.lastReport("ended")).toMatchObject({ attempt: keyOf(1), outcome: { kind: "rejected", code: "lapsed" } });
  });

  test("an unknown stamp is refused, and the stamps of a former incarnation are unknown", () => {
    const bench = attachedSupervisor();
    bench.attach(2, 2);
    bench.command(
      {
        kind: "start",
        attempt: keyOf(1),
        spec: specOf(),
        stamp: 1,
        leaseMs: 60_000,
        authority: { epoch: { number: 1, nonce: "one" }, incarnation: 2 },
      },
      2,
    );
    bench.flush();
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { kind: "rejected", code: "lapsed" } });
  });

  test("a start twice is answered with the present state and forks once", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    expect(kindsOf(bench.start(1))).toEqual(["report"]);
    expect(bench.lastReport("started")).toMatchObject({ attempt: keyOf(1), pid: 101 });
  });

  test("an older epoch is refused, and so is another leader with the same number, which is alerted once", () => {
    const bench = attachedSupervisor();
    bench.run(1, { epoch: { number: 5, nonce: "a" } });
    bench.start(2, { epoch: { number: 4, nonce: "b" } });
    bench.start(3, { epoch: { number: 5, nonce: "b" } });
    bench.start(4, { epoch: { number: 5, nonce: "b" } });
    bench.flush();
    const ends = bench.reports.filter((report) => report.kind === "ended");
    expect(ends.map((end) => end.outcome)).toMatchObject([{ code: "stale-epoch" }, { code: "stale-epoch" }, { code: "stale-epoch" }]);
    expect(bench.reports.filter((report) => report.kind === "alert" && report.code === "epoch-conflict")).toHaveLength(1);
  });

  test("the limit of live attempts rejects, and an end makes room", () => {
    const bench = attachedSupervisor({ limits: { liveMax: 1 } });
    bench.run(1);
    bench.start(2);
    bench.flush();
    expect(bench.lastReport("ended")).toMatchObject({ attempt: keyOf(2), outcome: { code: "limit" } });
    bench.exit(1, 0);
    bench.settle(1);
    expect(kindsOf([...bench.start(3), ...bench.flush()])).toContain("spawn");
  });

  test("no more processes are forked in one turn than the limit says", () => {
    const bench = attachedSupervisor({ limits: { spawnsPerTurnMax: 2 } });
    for (let number = 1; number <= 5; number++) bench.start(number);
    // The epoch first, then all attempts together.
    const first = bench.flush();
    expect(kindsOf(first).filter((kind) => kind === "spawn")).toHaveLength(2);
    expect(kindsOf(first).at(-1)).toBe("again");
    expect(kindsOf(bench.feed({ kind: "turn" }))).toEqual(["spawn", "spawn", "again"]);
    expect(kindsOf(bench.feed({ kind: "turn" }))).toEqual(["spawn"]);
  });

  test("while the guardian is being replaced nothing is forked", () => {
    const bench = attachedSupervisor();
    bench.feed({ kind: "guardian", event: "lost", message: "" });
    bench.start(1);
    expect(kindsOf(bench.flush())).not.toContain("spawn");
    expect(kindsOf(bench.feed({ kind: "guardian", event: "up", message: "" }))).toContain("spawn");
  });
});

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
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { kind: "exited", stopCause: "kill", tree: "verified" } });
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
    expect(bench.lastReport("ended")).toMatchObject({ attempt: keyOf(1), outcome: { kind: "never-started" } });
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
    expect(bench.reports.filter((report) => report.kind === "alert" && report.code === "tree-survives")).toHaveLength(1);
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
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { exitCode: 0, stopCause: "fence" } });
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

describe("ending", () => {
  test("an end is reported only when the tree is gone, the output read and the record durable", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    expect(kindsOf(bench.exit(1, 3, null, null))).toEqual(["append", "verify-tree"]);
    bench.feed({ kind: "tree-alive", attempt: keyOf(1) });
    expect(kindsOf(bench.flush())).toEqual(["signal-tree"]);
    expect(kindsOf(bench.advance(5_000))).toEqual(["kill-tree"]);
    expect(kindsOf(bench.feed({ kind: "tree-empty", attempt: keyOf(1), tree: "verified" }))).toEqual(["drain-output"]);
    expect(kindsOf(bench.feed({ kind: "output-drained", attempt: keyOf(1) }))).toEqual(["guard-changed", "release", "append"]);
    expect(bench.lastReport("ended")).toBeUndefined();
    bench.flush();
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { kind: "exited", exitCode: 3 } });
  });

  test("an end is told at every attach until it is forgotten", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.feed({ kind: "disconnected", connection: 1 });
    bench.exit(1, 0);
    bench.settle(1);
    bench.attach(1, 2);
    expect(bench.lastReport("attached")).toMatchObject({ attempts: [{ kind: "ended", attempt: keyOf(1) }] });
    bench.command({ kind: "forget", attempts: [keyOf(1), keyOf(7)] }, 2);
    bench.attach(1, 3);
    expect(bench.lastReport("attached")).toMatchObject({ attempts: [] });
  });
});

describe("attaching", () => {
  test("a lower incarnation, another worker and another version are refused", () => {
    const bench = attachedSupervisor();
    bench.attach(2, 2);
    bench.attach(1, 3);
    expect(bench.lastReport("attach-refused")).toMatchObject({ code: "stale-incarnation" });
    bench.attach(3, 4, "w2");
    expect(bench.lastReport("attach-refused")).toMatchObject({ code: "other-worker" });
    bench.command({ kind: "attach", version: 99, workerId: "w1", incarnation: 4 }, 5);
    expect(bench.lastReport("attach-refused")).toMatchObject({ code: "incompatible" });
  });

  test("a newer connection replaces an older one, whose commands no longer count", () => {
    const bench = attachedSupervisor();
    expect(bench.attach(1, 2)).toContainEqual({ kind: "disconnect", connection: 1 });
    expect(bench.start(1)).toEqual([{ kind: "disconnect", connection: 1 }]);
  });

  test("the incarnation is durable before the worker is attached", () => {
    const bench = new BenchSupervisor();
    const effects = bench.command({ kind: "attach", version: 1, workerId: "w1", incarnation: 4 });
    expect(kindsOf(effects)).toEqual(["append"]);
    expect(kindsOf(bench.flush())).toEqual(["report"]);
  });
});

describe("recovering", () => {
  test("an attempt without an end is killed, verified, and its exit is unknown", () => {
    const first = attachedSupervisor();
    first.run(1);
    first.kill(1);
    first.flush();
    const next = new BenchSupervisor({ entries: first.journal });
    expect(kindsOf(next.recovery)).toEqual(["kill-tree"]);
    expect(kindsOf(next.advance(250))).toEqual(["kill-tree"]);
    next.feed({ kind: "tree-empty", attempt: keyOf(1), tree: "verified" });
    next.flush();
    next.attach();
    expect(next.lastReport("attached")).toMatchObject({
      epochSeen: { number: 1 },
      attempts: [{ kind: "ended", outcome: { kind: "exit-unknown", reason: "supervisor-lost", stopCause: "kill" } }],
    });
  });

  test("an exit that was recorded is kept", () => {
    const first = attachedSupervisor();
    first.run(1);
    first.exit(1, 4, null, null);
    first.flush();
    const next = new BenchSupervisor({ entries: snapshotEntries(first.state) });
    next.feed({ kind: "tree-empty", attempt: keyOf(1), tree: "verified" });
    expect(next.journal.at(-1)).toMatchObject({ kind: "ended", outcome: { kind: "exited", exitCode: 4 } });
  });

  test("after a reboot there is nothing to kill", () => {
    const first = attachedSupervisor();
    first.run(1);
    const next = new BenchSupervisor({ entries: first.journal, bootId: "boot-2" });
    expect(kindsOf(next.recovery)).not.toContain("kill-tree");
    expect(next.journal.at(-1)).toMatchObject({ outcome: { kind: "exit-unknown", reason: "host-rebooted" } });
  });

  test("a fence that the guardian noted becomes the cause", () => {
    const first = attachedSupervisor();
    first.run(1);
    const next = new BenchSupervisor({ entries: first.journal, notes: [{ attempt: keyOf(1), cause: "fence" }] });
    expect(next.journal[0]).toEqual({ kind: "stop", attempt: keyOf(1), cause: "fence" });
  });

  test("a refused start stays refused across a restart", () => {
    const first = attachedSupervisor();
    first.start(1, { stamp: 77 });
    first.flush();
    const next = new BenchSupervisor({ entries: first.journal });
    next.attach(2);
    next.command({ kind: "stamp", stamp: 1 });
    next.start(1, { incarnation: 2 });
    next.flush();
    expect(next.lastReport("ended")).toMatchObject({ outcome: { kind: "rejected", code: "lapsed" } });
  });
});

describe("guarding and ending the supervisor", () => {
  test("a lost guardian ends all live attempts with a durable cause, and another is started", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    const effects = bench.feed({ kind: "guardian", event: "lost", message: "SIGKILL" });
    expect(kindsOf(effects)).toEqual(["start-guardian", "alert", "report", "append"]);
    expect(bench.journal.at(-1)).toEqual({ kind: "stop", attempt: keyOf(1), cause: "supervision-lost" });
    expect(kindsOf(bench.flush())).toEqual(["kill-tree"]);
  });

  test("a shutdown is refused while attempts are live, and with killAll follows their end", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.command({ kind: "shutdown", killAll: false });
    expect(bench.lastReport("shutdown-refused")).toBeDefined();
    bench.command({ kind: "shutdown", killAll: true });
    expect(kindsOf(bench.flush())).toEqual(["kill-tree"]);
    bench.exit(1, null, "SIGKILL");
    bench.feed({ kind: "output-drained", attempt: keyOf(1) });
    expect(kindsOf(bench.flush())).toContain("exit");
  });

  test("SIGTERM ends an idle supervisor and no other", () => {
    const bench = attachedSupervisor();
    expect(kindsOf(bench.feed({ kind: "stop-requested" }))).toContain("exit");
    const busy = attachedSupervisor();
    busy.run(1);
    expect(kindsOf(busy.feed({ kind: "stop-requested" }))).toEqual(["alert", "report"]);
  });

  test("alone and without attempts it ends by itself", () => {
    const bench = attachedSupervisor();
    expect(kindsOf(bench.advance(700_000))).not.toContain("exit");
    bench.feed({ kind: "disconnected", connection: 1 });
    expect(kindsOf(bench.advance(599_999))).not.toContain("exit");
    expect(kindsOf(bench.advance(1))).toContain("exit");
  });

  test("while the journal cannot be written nothing starts, and ends are reported once it can", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.feed({ kind: "journal-failed", message: "ENOSPC" });
    bench.start(2);
    expect(bench.lastReport("ended")).toMatchObject({ attempt: keyOf(2), outcome: { code: "journal-failed" } });
    bench.exit(1, 0);
    bench.feed({ kind: "output-drained", attempt: keyOf(1) });
    expect(bench.lastReport("ended")).toMatchObject({ attempt: keyOf(2) });
    bench.flush();
    expect(bench.reports.filter((report) => report.kind === "ended").map((report) => report.attempt)).toContain(keyOf(1));
  });
});
