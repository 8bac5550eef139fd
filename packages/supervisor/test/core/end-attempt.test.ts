import { describe, expect, test } from "vitest";
import { attachedSupervisor, keyOf, kindsOf } from "./bench-supervisor.ts";

describe("ending", () => {
  test("an end is reported only when the tree is gone, the output read and the record durable", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    expect(kindsOf(bench.exit(1, 3, null, null))).toEqual(["append", "verify-tree"]);
    bench.feed({ kind: "tree-alive", attempt: keyOf(1) });
    expect(kindsOf(bench.flush())).toEqual(["signal-tree"]);
    expect(kindsOf(bench.advance(5_000))).toEqual(["kill-tree"]);
    expect(
      kindsOf(bench.feed({ kind: "tree-empty", attempt: keyOf(1), tree: "verified" })),
    ).toEqual(["drain-output"]);
    expect(kindsOf(bench.feed({ kind: "output-drained", attempt: keyOf(1) }))).toEqual([
      "guard-changed",
      "release",
      "append",
    ]);
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
    expect(bench.lastReport("attached")).toMatchObject({
      attempts: [{ kind: "ended", attempt: keyOf(1) }],
    });
    bench.command({ kind: "forget", attempts: [keyOf(1), keyOf(7)] }, 2);
    bench.attach(1, 3);
    expect(bench.lastReport("attached")).toMatchObject({ attempts: [] });
  });
});
