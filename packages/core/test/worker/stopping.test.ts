import { describe, expect, it } from "vitest";
import {
  WorkerHarness,
  exited0,
  key,
  launch,
  leaseMs,
  maintenanceLeaseMs,
} from "./worker-harness.ts";

describe("a worker that is told to stop", () => {
  it("takes a maintenance lease first, and leaves when the supervisor has it", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    worker.reply(worker.sync());
    worker.input({ kind: "stop", stopWork: false });
    const sync = worker.sync();
    expect(sync.message.intent).toBe("stopping");
    worker.ordered("renew");
    worker.reply(sync, { leaseMs: maintenanceLeaseMs });
    expect(worker.ordered("renew")).toMatchObject([
      { attempts: [key(1)], leaseMs: maintenanceLeaseMs, stamp: sync.message.stamp },
    ]);
    expect(worker.take("exit")).toEqual([]);
    worker.stamp();
    expect(worker.take("exit")).toMatchObject([{ code: 0 }]);
    expect(worker.ordered("kill")).toEqual([]);
    expect(worker.ordered("shutdown")).toEqual([]);
  });

  it("is not content with the lease of a Sync that did not say so", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    const held = worker.sync();
    worker.input({ kind: "stop", stopWork: false });
    worker.reply(held, { leaseMs });
    worker.stamp();
    expect(worker.take("exit")).toEqual([]);
  });

  it("leaves after a bounded wait when no master answers, and says what that means", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    worker.sync();
    worker.input({ kind: "stop", stopWork: false });
    worker.pass(worker.state.limits.leaveWaitMaxMs);
    const [exit] = worker.take("exit");
    expect(exit?.code).toBe(1);
    expect(exit?.message).toContain("1 of them end with their lease");
  });

  it("leaves at once when no master serves it and nothing lives on a lease", () => {
    const worker = new WorkerHarness();
    worker.input({ kind: "begin" });
    worker.attach();
    worker.input({ kind: "stop", stopWork: false });
    expect(worker.take("exit")).toMatchObject([{ code: 0 }]);
  });

  it("starts nothing more: launches are rejected, also those under way", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.obey(launch(key(1)));
    const sync = worker.sync();
    worker.input({ kind: "stop", stopWork: false });
    worker.reply(sync, { directives: [launch(key(2))] });
    worker.flush();
    worker.prepare(key(1));
    worker.prepare(key(2));
    expect(worker.ordered("start")).toEqual([]);
    const outcomes = worker.disk.filter(({ kind }) => kind === "settled");
    expect(outcomes).toMatchObject([
      { attempt: key(1), outcome: { code: "stopping" } },
      { attempt: key(2), outcome: { code: "stopping" } },
    ]);
  });

  it("leaves at once when it is told twice", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    worker.input({ kind: "stop", stopWork: false });
    worker.input({ kind: "stop", stopWork: false });
    expect(worker.take("exit")).toMatchObject([{ code: 1 }]);
  });
});

describe("a worker that is told to stop with its work", () => {
  it("lets the supervisor end everything, reports the ends, and leaves when they are acknowledged", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    const before = worker.sync();
    worker.reply(before, { acks: before.message.reports.map(({ id }) => id) });
    worker.input({ kind: "stop", stopWork: true });
    expect(worker.ordered("shutdown")).toEqual([{ kind: "shutdown", killAll: true }]);
    worker.supervisor({
      kind: "ended",
      attempt: key(1),
      outcome: { ...exited0, stopCause: "kill" },
    });
    worker.input({ kind: "detached", message: "it has ended" });
    expect(worker.take("attach")).toEqual([]);
    const sync = worker.sync();
    expect(sync.message.reports).toMatchObject([{ event: { kind: "ended" } }]);
    expect(worker.take("exit")).toEqual([]);
    worker.reply(sync, { acks: sync.message.reports.map(({ id }) => id) });
    expect(worker.take("exit")).toMatchObject([{ code: 0 }]);
  });

  it("does not wait long for a master that is away", () => {
    const worker = new WorkerHarness();
    worker.input({ kind: "begin" });
    worker.attach([{ kind: "live", attempt: key(1), pid: 1, startedAtMs: 1, stopCause: null }]);
    worker.input({ kind: "stop", stopWork: true });
    worker.supervisor({ kind: "ended", attempt: key(1), outcome: exited0 });
    worker.input({ kind: "detached", message: "it has ended" });
    expect(worker.take("exit")).toMatchObject([{ code: 0 }]);
  });

  it("says that it cannot know when the supervisor vanishes before its work", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    worker.input({ kind: "stop", stopWork: true });
    worker.input({ kind: "detached", message: "killed" });
    expect(worker.take("exit")).toMatchObject([{ code: 1 }]);
  });
});
