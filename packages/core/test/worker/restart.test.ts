import { describe, expect, it } from "vitest";
import { WorkerHarness, exited0, key, launch } from "./worker-harness.ts";
import type { SupervisedAttempt } from "../../src/index.ts";

/** A second worker on the disk that the first one left. */
function restarted(before: WorkerHarness, supervised: readonly SupervisedAttempt[]): WorkerHarness {
  const worker = new WorkerHarness({ journal: before.disk, incarnation: 2 });
  worker.serve(supervised);
  return worker;
}

function live(attempt = key(1)): SupervisedAttempt {
  return { kind: "live", attempt, pid: 7, startedAtMs: 1, stopCause: null };
}

function eventsOf(worker: WorkerHarness): unknown[] {
  return worker
    .sync()
    .message.reports.map(({ event }) =>
      event.kind === "ended" ? [event.outcome.kind, event.outcome] : event.kind,
    );
}

describe("a restarted worker", () => {
  it("takes up what runs, lists it and reports it", () => {
    const before = new WorkerHarness();
    before.serve();
    before.run(key(1));
    const worker = restarted(before, [live()]);
    const { message } = worker.sync();
    expect(message.running).toMatchObject({
      attempts: [{ attempt: key(1), phase: "started", milliCores: 1000 }],
    });
    expect(message.reports).toMatchObject([{ event: { kind: "started", pid: 7 } }]);
    expect(worker.ordered("start")).toEqual([]);
  });

  it("reports what ended meanwhile", () => {
    const before = new WorkerHarness();
    before.serve();
    before.run(key(1));
    const worker = restarted(before, [{ kind: "ended", attempt: key(1), outcome: exited0 }]);
    expect(eventsOf(worker)).toEqual([["exited", exited0]]);
  });

  it("rejects what it had accepted and not started: the lease of that launch is gone", () => {
    const before = new WorkerHarness();
    before.serve();
    before.obey(launch(key(1)));
    const worker = restarted(before, []);
    expect(worker.disk.some(({ kind }) => kind === "settled")).toBe(true);
    expect(eventsOf(worker)).toMatchObject([["rejected", { code: "lapsed" }]]);
    expect(worker.take("prepare")).toEqual([]);
  });

  it("starts nothing that was launched but not journalled", () => {
    const before = new WorkerHarness();
    before.serve();
    before.reply(before.sync(), { directives: [launch(key(1))] });
    const worker = restarted(before, []);
    expect(worker.sync().message.running).toEqual({ kind: "full", attempts: [] });
  });

  it("says that an exit is unknown when the supervisor has no record of what ran", () => {
    const before = new WorkerHarness();
    before.serve();
    before.run(key(1));
    const worker = restarted(before, []);
    expect(eventsOf(worker)).toMatchObject([["exit-unknown", { reason: "supervisor-lost" }]]);
  });

  it("remembers what it refused", () => {
    const before = new WorkerHarness();
    before.serve();
    before.obey({ kind: "kill", attempt: key(1), immediately: false });
    const worker = restarted(before, []);
    worker.obey(launch(key(1)));
    expect(worker.take("prepare")).toEqual([]);
  });

  it("adopts what only the supervisor knows", () => {
    const worker = new WorkerHarness();
    worker.serve([live(key(5))]);
    expect(worker.sync().message.running).toMatchObject({
      attempts: [{ attempt: key(5), phase: "started" }],
    });
  });

  it("tells the supervisor again to forget what it has forgotten itself", () => {
    const before = new WorkerHarness();
    before.serve();
    before.run(key(1));
    before.supervisor({ kind: "ended", attempt: key(1), outcome: exited0 });
    before.obey({ kind: "forget", attempt: key(1) });
    const worker = restarted(before, [{ kind: "ended", attempt: key(1), outcome: exited0 }]);
    expect(worker.ordered("forget")).toEqual([{ kind: "forget", attempts: [key(1)] }]);
    expect(worker.sync().message).toMatchObject({ reports: [], running: { attempts: [] } });
  });

  it("knows the same from a rewritten journal", () => {
    const before = new WorkerHarness({ limits: { journalSlackMax: 5 } });
    before.serve();
    before.run(key(1));
    before.run(key(2));
    before.supervisor({ kind: "ended", attempt: key(2), outcome: exited0 });
    before.obey({ kind: "forget", attempt: key(2) });
    before.obey({ kind: "kill", attempt: key(3), immediately: false });
    for (let number = 4; number < 12; number++) {
      before.run(key(number));
      before.supervisor({ kind: "ended", attempt: key(number), outcome: exited0 });
      before.obey({ kind: "forget", attempt: key(number) });
    }
    expect(before.disk.length).toBeLessThan(20);
    const worker = restarted(before, [live()]);
    expect([...worker.state.attempts.keys()].sort()).toEqual([key(1), key(3)]);
    expect(worker.state.forgotten.has(key(2))).toBe(true);
    expect(worker.state.masters).toEqual(before.state.masters);
  });
});

describe("a supervisor that comes back", () => {
  it("is told again to start what it did not get", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.obey(launch(key(1)));
    worker.prepare(key(1));
    expect(worker.ordered("start")).toHaveLength(1);
    worker.input({ kind: "detached", message: "crashed" });
    worker.pass(10_000);
    worker.attach([]);
    expect(worker.ordered("start")).toHaveLength(1);
  });

  it("gets what was prepared while it was away", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.obey(launch(key(1)));
    worker.input({ kind: "detached", message: "crashed" });
    worker.prepare(key(1));
    expect(worker.ordered("start")).toEqual([]);
    worker.pass(10_000);
    worker.attach([]);
    expect(worker.ordered("start")).toHaveLength(1);
  });

  it("is not told to start what was killed meanwhile", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.obey(launch(key(1)));
    worker.prepare(key(1));
    const sync = worker.sync();
    worker.ordered("start");
    worker.input({ kind: "detached", message: "crashed" });
    worker.reply(sync, { directives: [{ kind: "kill", attempt: key(1), immediately: false }] });
    worker.pass(10_000);
    worker.attach([]);
    expect(worker.ordered("start")).toEqual([]);
    worker.flush();
    expect(eventsOf(worker)).toMatchObject(["accepted", ["never-started", {}]]);
  });

  it("is tried again and again, with an alert until it is there", () => {
    const worker = new WorkerHarness();
    worker.input({ kind: "begin" });
    for (let turn = 0; turn < 5; turn++) {
      expect(worker.take("attach")).toHaveLength(1);
      worker.input({ kind: "detached", message: "cannot start" });
      worker.pass(10_000);
    }
    expect(worker.take("alert")).toMatchObject([{ code: "supervisor-lost" }]);
    worker.attach();
    expect(worker.take("alert-cleared")).toMatchObject([{ code: "supervisor-lost" }]);
  });

  it("ends the worker when it refuses it", () => {
    const worker = new WorkerHarness();
    worker.input({ kind: "begin" });
    worker.supervisor({ kind: "attach-refused", code: "stale-incarnation", message: "newer" });
    expect(worker.take("exit")).toMatchObject([{ code: 1 }]);
    expect(worker.pass(100_000)).toEqual([]);
  });
});
