import { describe, expect, test } from "vitest";
import { attachedSupervisor, keyOf, kindsOf } from "./bench-supervisor.ts";

describe("guarding and ending the supervisor", () => {
  test("a lost guardian ends all live attempts with a durable cause, and another is started", () => {
    const bench = attachedSupervisor();
    bench.run(1);
    const effects = bench.feed({ kind: "guardian", event: "lost", message: "SIGKILL" });
    expect(kindsOf(effects)).toEqual(["start-guardian", "alert", "report", "append"]);
    expect(bench.journal.at(-1)).toEqual({
      kind: "stop",
      attempt: keyOf(1),
      cause: "supervision-lost",
    });
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
    expect(kindsOf(bench.feed({ kind: "stop-requested", workIsKept: false }))).toContain("exit");
    const busy = attachedSupervisor();
    busy.run(1);
    expect(kindsOf(busy.feed({ kind: "stop-requested", workIsKept: false }))).toEqual([
      "alert",
      "report",
    ]);
  });

  test("SIGTERM ends a supervisor whose work is kept, once all it knows is on disk", () => {
    const bench = attachedSupervisor({ limits: { spawnsPerTurnMax: 1 } });
    bench.run(1);
    bench.start(2);
    const effects = bench.feed({ kind: "stop-requested", workIsKept: true });
    expect(kindsOf(effects)).not.toContain("exit");
    expect(bench.flush()).toContainEqual(
      expect.objectContaining({ kind: "exit", leavesWork: true }),
    );
    expect(bench.journal.at(-1)).toMatchObject({
      kind: "ended",
      attempt: keyOf(2),
      outcome: { kind: "never-started" },
    });
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
    expect(bench.lastReport("ended")).toMatchObject({
      attempt: keyOf(2),
      outcome: { code: "journal-failed" },
    });
    bench.exit(1, 0);
    bench.feed({ kind: "output-drained", attempt: keyOf(1) });
    expect(bench.lastReport("ended")).toMatchObject({ attempt: keyOf(2) });
    bench.flush();
    expect(
      bench.reports.filter((report) => report.kind === "ended").map((report) => report.attempt),
    ).toContain(keyOf(1));
  });
});
