import { formatAttemptKey } from "@aloha/core";
import { describe, expect, test } from "vitest";
import { attachedSupervisor, keyOf, kindsOf, specOf } from "./bench-supervisor.ts";

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
    expect(bench.lastReport("ended")).toMatchObject({
      outcome: { kind: "rejected", code: "lapsed" },
    });
    bench.command({ kind: "stamp", stamp: 2 });
    expect(kindsOf(bench.start(1, { stamp: 2 }))).toEqual(["report"]);
  });

  test("the deadline is compared again at the fork", () => {
    const bench = attachedSupervisor();
    bench.run(9);
    bench.start(1);
    bench.bootMs += 60_000;
    expect(kindsOf(bench.flush())).not.toContain("spawn");
    expect(bench.lastReport("ended")).toMatchObject({
      attempt: keyOf(1),
      outcome: { kind: "rejected", code: "lapsed" },
    });
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
    expect(bench.lastReport("ended")).toMatchObject({
      outcome: { kind: "rejected", code: "lapsed" },
    });
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
    expect(ends.map((end) => end.outcome)).toMatchObject([
      { code: "stale-epoch" },
      { code: "stale-epoch" },
      { code: "stale-epoch" },
    ]);
    expect(
      bench.reports.filter((report) => report.kind === "alert" && report.code === "epoch-conflict"),
    ).toHaveLength(1);
  });

  test("the epochs of another cluster begin anew", () => {
    const bench = attachedSupervisor();
    bench.run(1, { epoch: { number: 5, nonce: "a" } });
    const attempt = formatAttemptKey({
      clusterId: "c2",
      appId: "app-20260101000000-0001",
      number: 1,
    });
    const authority = { epoch: { number: 1, nonce: "z" }, incarnation: 1 };
    const start = {
      kind: "start",
      attempt,
      spec: specOf(),
      stamp: 1,
      leaseMs: 60_000,
      authority,
    } as const;
    bench.command(start);
    expect(bench.journal.at(-1)).toMatchObject({ kind: "epoch", clusterId: "c2" });
    expect(kindsOf(bench.flush())).toEqual(["append", "spawn"]);
  });

  test("the limit of live attempts rejects, and an end makes room", () => {
    const bench = attachedSupervisor({ limits: { liveMax: 1 } });
    bench.run(1);
    bench.start(2);
    bench.flush();
    expect(bench.lastReport("ended")).toMatchObject({
      attempt: keyOf(2),
      outcome: { code: "limit" },
    });
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
