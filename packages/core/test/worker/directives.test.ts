import { describe, expect, it } from "vitest";
import { WorkerHarness, epoch, exited0, key, launch } from "./worker-harness.ts";

function reportsOf(worker: WorkerHarness, number = 1): unknown[] {
  worker.pass(100);
  return worker
    .sync()
    .message.reports.filter(({ attempt }) => attempt === key(number))
    .map(({ event }) => (event.kind === "ended" ? event.outcome.kind : event.kind));
}

describe("a launch", () => {
  it("is on disk before anything is prepared, and prepared before it is started", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const sync = worker.sync();
    worker.reply(sync, { directives: [launch(key(1))] });
    expect(worker.take("prepare")).toEqual([]);
    worker.flush();
    expect(worker.disk.at(-1)).toMatchObject({ kind: "accepted", attempt: key(1) });
    expect(worker.take("prepare")).toMatchObject([{ attempt: key(1) }]);
    expect(worker.ordered("start")).toEqual([]);
    worker.prepare(key(1));
    expect(worker.ordered("start")).toMatchObject([
      {
        attempt: key(1),
        stamp: sync.message.stamp,
        leaseMs: 60_000,
        authority: { epoch, incarnation: 1 },
      },
    ]);
  });

  it("that is repeated is answered with the present state, and starts nothing again", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    const sync = worker.sync();
    worker.reply(sync, {
      directives: [launch(key(1))],
      acks: sync.message.reports.map(({ id }) => id),
    });
    worker.flush();
    expect(worker.ordered("start")).toHaveLength(1);
    expect(worker.take("prepare")).toEqual([]);
    expect(reportsOf(worker)).toEqual(["started"]);
  });

  it("without a lease is not obeyed and not listed", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const sync = worker.sync();
    worker.reply(sync, { leaseMs: 0, directives: [launch(key(1))] });
    worker.flush();
    expect(worker.take("prepare")).toEqual([]);
    expect(worker.state.attempts.size).toBe(0);
  });

  it("of an older attempt than one known is refused on disk", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1, 2));
    worker.obey(launch(key(1, 1)));
    expect(worker.disk.at(-1)).toMatchObject({
      kind: "settled",
      attempt: key(1, 1),
      outcome: { kind: "rejected", code: "stale-epoch" },
    });
    expect(worker.take("prepare").map(({ attempt }) => attempt)).not.toContain(key(1, 1));
    expect(reportsOf(worker)).toEqual(["rejected"]);
  });

  it("of a newer attempt is refused while an earlier one may still run here", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1, 1));
    worker.obey(launch(key(1, 2)));
    expect(worker.disk.at(-1)).toMatchObject({
      attempt: key(1, 2),
      outcome: { kind: "rejected", code: "limit" },
    });
    worker.supervisor({ kind: "ended", attempt: key(1, 1), outcome: exited0 });
    worker.obey(launch(key(1, 3)));
    expect(worker.take("prepare")).toMatchObject([{ attempt: key(1, 3) }]);
  });

  it("beyond the limit of attempts held is rejected", () => {
    const worker = new WorkerHarness({ limits: { attemptsHeldMax: 1 } });
    worker.serve();
    worker.obey(launch(key(1)), launch(key(2)));
    expect(reportsOf(worker, 1)).toEqual(["accepted"]);
    expect(worker.disk.at(-1)).toMatchObject({
      attempt: key(2),
      outcome: { kind: "rejected", code: "limit" },
    });
  });

  it("under an older epoch than one seen is dropped with its whole reply", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const sync = worker.sync();
    worker.reply(sync, { epoch: { number: 2, nonce: "n2" }, directives: [launch(key(1))] });
    worker.flush();
    expect(worker.state.attempts.size).toBe(0);
    expect(worker.state.session.kind).toBe("seeking");
  });

  it("under the same epoch number with another nonce is refused, and said loudly", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const sync = worker.sync();
    worker.reply(sync, { epoch: { number: 3, nonce: "other" }, directives: [launch(key(1))] });
    expect(worker.take("alert")).toMatchObject([{ code: "epoch-conflict" }]);
    expect(worker.state.attempts.size).toBe(0);
  });

  it("under a newer epoch raises the epoch on disk", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const sync = worker.sync();
    worker.reply(sync, { epoch: { number: 4, nonce: "n4" } });
    worker.flush();
    expect(worker.disk.at(-1)).toEqual({ kind: "epoch", epoch: { number: 4, nonce: "n4" } });
  });

  it("that cannot be prepared ends there, on disk first", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.obey(launch(key(1)));
    worker.input({
      kind: "prepare-failed",
      attempt: key(1),
      code: "environment",
      message: "no such variable",
    });
    expect(worker.state.attempts.get(key(1))?.phase.kind).toBe("settling");
    worker.flush();
    expect(reportsOf(worker)).toEqual(["accepted", "start-failed"]);
  });

  it("is rejected once the journal has failed, while running work is renewed", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1), { onDisconnect: "fence" });
    worker.input({ kind: "journal-failed", message: "disk full" });
    expect(worker.take("alert")).toMatchObject([{ code: "journal-failed" }]);
    worker.nowMs += 5_000;
    const sync = worker.sync();
    worker.reply(sync, { directives: [launch(key(2))] });
    expect(worker.take("prepare")).toEqual([]);
    expect(reportsOf(worker, 2)).toEqual(["rejected"]);
  });

  it("whose journalling fails is rejected, although it had been taken", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.reply(worker.sync(), { directives: [launch(key(1))] });
    worker.input({ kind: "journal-failed", message: "disk full" });
    expect(worker.take("prepare")).toEqual([]);
    expect(reportsOf(worker)).toEqual(["rejected"]);
  });
});

describe("a kill", () => {
  it("that overtakes its launch is refused on disk, and so is the launch that follows", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.reply(worker.sync(), {
      directives: [{ kind: "kill", attempt: key(1), immediately: false }],
    });
    expect(worker.state.reports.pending.size).toBe(0);
    worker.flush();
    expect(worker.disk.at(-1)).toMatchObject({
      attempt: key(1),
      outcome: { kind: "never-started" },
    });
    worker.pass(100);
    const sync = worker.sync();
    expect(sync.message.reports).toMatchObject([{ event: { outcome: { kind: "never-started" } } }]);
    worker.reply(sync, { directives: [launch(key(1))], acks: [1] });
    worker.flush();
    expect(worker.take("prepare")).toEqual([]);
    expect(worker.ordered("start")).toEqual([]);
    expect(reportsOf(worker)).toEqual(["never-started"]);
  });

  it("of an attempt that is being prepared makes that it never starts", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.obey(launch(key(1)));
    worker.obey({ kind: "kill", attempt: key(1), immediately: false });
    worker.prepare(key(1));
    expect(worker.ordered("start")).toEqual([]);
    expect(reportsOf(worker)).toEqual(["accepted", "never-started"]);
  });

  it("in the same reply as its launch makes that it never starts", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.obey(launch(key(1)), { kind: "kill", attempt: key(1), immediately: true });
    expect(worker.take("prepare")).toEqual([]);
    expect(reportsOf(worker)).toEqual(["never-started"]);
  });

  it("of a running attempt goes to the supervisor at once", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    worker.reply(worker.sync(), {
      directives: [{ kind: "kill", attempt: key(1), immediately: true }],
    });
    expect(worker.ordered("kill")).toEqual([
      { kind: "kill", attempt: key(1), immediately: true, authority: { epoch, incarnation: 1 } },
    ]);
  });

  it("that was ordered while the supervisor was away is repeated when it is back", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    const sync = worker.sync();
    worker.input({ kind: "detached", message: "gone" });
    worker.reply(sync, { directives: [{ kind: "kill", attempt: key(1), immediately: false }] });
    expect(worker.ordered("kill")).toEqual([]);
    worker.pass(10_000);
    worker.attach([{ kind: "live", attempt: key(1), pid: 7, startedAtMs: 1, stopCause: null }]);
    expect(worker.ordered("kill")).toHaveLength(1);
  });
});

describe("a forget", () => {
  it("takes the attempt from the list once it is on disk, and tells the supervisor then", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    worker.supervisor({ kind: "ended", attempt: key(1), outcome: exited0 });
    worker.reply(worker.sync(), { directives: [{ kind: "forget", attempt: key(1) }] });
    expect(worker.ordered("forget")).toEqual([]);
    expect(worker.state.attempts.has(key(1))).toBe(true);
    worker.flush();
    expect(worker.ordered("forget")).toEqual([{ kind: "forget", attempts: [key(1)] }]);
    expect(worker.state.attempts.has(key(1))).toBe(false);
    expect(worker.state.listHash.toString()).toMatch(/^0-/);
    expect(worker.sync().message.reports).toEqual([]);
  });

  it("of an attempt that has not ended is not obeyed", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    worker.obey({ kind: "forget", attempt: key(1) });
    expect(worker.state.attempts.has(key(1))).toBe(true);
  });
});
