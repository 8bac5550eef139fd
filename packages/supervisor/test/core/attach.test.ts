import { describe, expect, test } from "vitest";
import { attachedSupervisor, BenchSupervisor, kindsOf } from "./bench-supervisor.ts";

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
