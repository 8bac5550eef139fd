import { snapshotEntries, type HeldAttempt } from "@aloha/supervisor/core";
import { describe, expect, test } from "vitest";
import { attachedSupervisor, BenchSupervisor, keyOf, kindsOf, specOf } from "./bench-supervisor.ts";

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
      epochsSeen: [{ clusterId: "c1", epoch: { number: 1 } }],
      attempts: [
        {
          kind: "ended",
          outcome: { kind: "exit-unknown", reason: "supervisor-lost", stopCause: "kill" },
        },
      ],
    });
  });

  test("an exit that was recorded is kept", () => {
    const first = attachedSupervisor();
    first.run(1);
    first.exit(1, 4, null, null);
    first.flush();
    const next = new BenchSupervisor({ entries: snapshotEntries(first.state) });
    next.feed({ kind: "tree-empty", attempt: keyOf(1), tree: "verified" });
    expect(next.journal.at(-1)).toMatchObject({
      kind: "ended",
      outcome: { kind: "exited", exitCode: 4 },
    });
  });

  test("after a reboot there is nothing to kill", () => {
    const first = attachedSupervisor();
    first.run(1);
    const next = new BenchSupervisor({ entries: first.journal, bootId: "boot-2" });
    expect(kindsOf(next.recovery)).not.toContain("kill-tree");
    expect(next.journal.at(-1)).toMatchObject({
      outcome: { kind: "exit-unknown", reason: "host-rebooted" },
    });
  });

  test("a fence that the guardian noted becomes the cause", () => {
    const first = attachedSupervisor();
    first.run(1);
    const next = new BenchSupervisor({
      entries: first.journal,
      notes: [{ attempt: keyOf(1), cause: "fence" }],
    });
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
    expect(next.lastReport("ended")).toMatchObject({
      outcome: { kind: "rejected", code: "lapsed" },
    });
  });
});

describe("recovering with a spawn agent that is still there", () => {
  const heldOf = (number: number, changes: Partial<HeldAttempt> = {}): HeldAttempt => ({
    attempt: keyOf(number),
    main: { pid: 100 + number, startTicks: 7, bootId: "boot-1" },
    spec: specOf(),
    leaseMs: 30_000,
    fenceBootMs: 130_000,
    startedAtMs: 1_000,
    startedBootMs: 99_000,
    ...changes,
  });

  test("what it holds goes on, and its end is told as it was", () => {
    const first = attachedSupervisor();
    first.run(1);
    const next = new BenchSupervisor({ entries: first.journal, held: [heldOf(1)] });
    expect(kindsOf(next.recovery)).not.toContain("kill-tree");
    next.attach(2);
    next.flush();
    expect(next.lastReport("attached")).toMatchObject({
      attempts: [{ kind: "live", attempt: keyOf(1), pid: 101, stopCause: null }],
    });
    next.exit(1, 3, null, "verified");
    next.feed({ kind: "output-drained", attempt: keyOf(1) });
    next.flush();
    expect(next.lastReport("ended")).toMatchObject({ outcome: { kind: "exited", exitCode: 3 } });
  });

  test("its lease goes on as well", () => {
    const first = attachedSupervisor();
    first.run(1);
    const next = new BenchSupervisor({ entries: first.journal, held: [heldOf(1)] });
    next.flush();
    expect(kindsOf(next.advance(20_000))).not.toContain("kill-tree");
    expect(kindsOf(next.advance(10_000))).toContain("kill-tree");
  });

  test("a stop that had begun is gone on with", () => {
    const first = attachedSupervisor();
    first.run(1);
    first.kill(1);
    first.flush();
    const next = new BenchSupervisor({ entries: first.journal, held: [heldOf(1)] });
    expect(kindsOf(next.recovery)).toContain("signal-tree");
    next.exit(1, null, "SIGTERM", "verified");
    next.feed({ kind: "output-drained", attempt: keyOf(1) });
    expect(next.journal.at(-1)).toMatchObject({
      kind: "ended",
      outcome: { kind: "exited", signal: "SIGTERM", stopCause: "kill" },
    });
  });

  test("an exit that was recorded is not taken a second time", () => {
    const first = attachedSupervisor();
    first.run(1);
    first.exit(1, 4, null, null);
    first.flush();
    const next = new BenchSupervisor({ entries: first.journal, held: [heldOf(1)] });
    expect(kindsOf(next.recovery)).toContain("verify-tree");
    next.exit(1, 9, null, "verified");
    next.feed({ kind: "tree-empty", attempt: keyOf(1), tree: "verified" });
    next.feed({ kind: "output-drained", attempt: keyOf(1) });
    expect(next.journal.at(-1)).toMatchObject({ kind: "ended", outcome: { exitCode: 4 } });
  });

  test("a start that had failed is told as such", () => {
    const first = attachedSupervisor();
    first.start(1);
    first.flush();
    const next = new BenchSupervisor({ entries: first.journal, held: [heldOf(1, { main: null })] });
    next.feed({ kind: "spawn-failed", attempt: keyOf(1), code: "spawn-failed", message: "no" });
    expect(next.journal.at(-1)).toMatchObject({ outcome: { kind: "start-failed" } });
  });

  test("what had ended is let go of, and what the journal does not know is killed", () => {
    const first = attachedSupervisor();
    first.run(1);
    first.exit(1, 0, null, "verified");
    first.feed({ kind: "output-drained", attempt: keyOf(1) });
    first.flush();
    const next = new BenchSupervisor({ entries: first.journal, held: [heldOf(1), heldOf(2)] });
    expect(next.recovery).toMatchObject([
      { kind: "release", attempt: keyOf(1) },
      { kind: "kill-tree", tree: { attempt: keyOf(2) } },
    ]);
  });
});

describe("losing the spawn agent", () => {
  test("everything that lives is killed, for that reason, and another agent is asked for", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    const effects = bench.feed({ kind: "agent-lost", message: "killed" });
    expect(kindsOf(effects)).toEqual(
      expect.arrayContaining(["start-guardian", "alert", "kill-tree"]),
    );
    expect(kindsOf(bench.advance(250))).toContain("kill-tree");
    bench.feed({ kind: "tree-empty", attempt: keyOf(1), tree: "verified" });
    bench.flush();
    expect(bench.lastReport("ended")).toMatchObject({
      outcome: { kind: "exit-unknown", stopCause: "supervision-lost", tree: "verified" },
    });
  });

  test("an exit that was seen before is kept", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    bench.exit(1, 5, null, "verified");
    bench.feed({ kind: "agent-lost", message: "killed" });
    bench.flush();
    expect(bench.lastReport("ended")).toMatchObject({ outcome: { kind: "exited", exitCode: 5 } });
  });

  test("nothing is started until there is another one", () => {
    const bench = attachedSupervisor();
    bench.feed({ kind: "agent-lost", message: "killed" });
    bench.start(1);
    expect(kindsOf(bench.flush())).not.toContain("spawn");
    expect(kindsOf(bench.feed({ kind: "guardian", event: "up", message: "" }))).toContain("spawn");
  });
});
