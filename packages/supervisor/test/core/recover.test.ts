import { snapshotEntries } from "@aloha/supervisor/core";
import { describe, expect, test } from "vitest";
import { attachedSupervisor, BenchSupervisor, keyOf, kindsOf } from "./bench-supervisor.ts";

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
