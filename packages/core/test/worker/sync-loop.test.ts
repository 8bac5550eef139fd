import { describe, expect, it } from "vitest";
import { ListHash } from "../../src/index.ts";
import { WorkerHarness, exited0, key, launch, leaseMs } from "./worker-harness.ts";

describe("the Sync loop", () => {
  it("begins with a full list, and goes on with its hash", () => {
    const worker = new WorkerHarness();
    worker.serve();
    expect(worker.obey(launch(key(1))).running).toEqual({ kind: "full", attempts: [] });
    const hash = new ListHash();
    hash.add(key(1));
    expect(worker.sync().message.running).toEqual({ kind: "hash", hash: hash.toString() });
  });

  it("sends the list in full when the master wants it", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    const sync = worker.sync();
    worker.reply(sync, { wantFull: true });
    worker.pass(100);
    expect(worker.sync().message.running).toEqual({
      kind: "full",
      attempts: [{ attempt: key(1), phase: "started", milliCores: 1000, memoryMiB: 64 }],
    });
  });

  it("lets news overtake one Sync that is held, and gathers what comes after", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    worker.run(key(2));
    const first = worker.sync();
    worker.reply(first, { acks: first.message.reports.map(({ id }) => id) });
    worker.pass(100);
    worker.sync();
    worker.supervisor({ kind: "ended", attempt: key(1), outcome: exited0 });
    const news = worker.sync();
    expect(news.message.reports.map(({ attempt }) => attempt)).toContain(key(1));
    worker.supervisor({ kind: "ended", attempt: key(2), outcome: exited0 });
    worker.pass(100);
    worker.stamp();
    expect(worker.take("ask")).toEqual([]);
    worker.reply(news);
    expect(worker.sync().message.reports.map(({ attempt }) => attempt)).toContain(key(2));
  });

  it("names a reply as applied until a reply to a Sync that named it was obeyed", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const first = worker.obey(launch(key(1)));
    const second = worker.sync();
    expect(second.message.applied).toEqual([first.seq]);
    worker.prepare(key(1));
    worker.supervisor({ kind: "started", attempt: key(1), pid: 1, startedAtMs: 1 });
    const third = worker.sync();
    expect(third.message.applied).toEqual([first.seq]);
    expect(third.message.outstanding).toEqual([second.message.seq]);
    worker.reply(second);
    worker.reply(third);
    worker.pass(100);
    expect(worker.sync().message.applied).toEqual([second.message.seq, third.message.seq]);
  });

  it("keeps a reply among the outstanding while its directives are being journalled, and out of the list", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const first = worker.sync();
    worker.reply(first, { directives: [launch(key(1))] });
    worker.pass(100);
    const second = worker.sync();
    expect(second.message.outstanding).toEqual([first.message.seq]);
    expect(second.message.applied).toEqual([]);
    expect(second.message.running).toEqual({ kind: "hash", hash: new ListHash().toString() });
    worker.flush();
    expect(worker.sync().message.applied).toEqual([first.message.seq]);
  });

  it("applies a reply without directives only after the one before it that is being journalled", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const first = worker.sync();
    worker.reply(first, { directives: [launch(key(1))] });
    worker.pass(100);
    const second = worker.sync();
    worker.reply(second);
    worker.pass(100);
    const third = worker.sync();
    expect(third.message.applied).toEqual([]);
    expect(third.message.outstanding).toEqual([first.message.seq, second.message.seq]);
    worker.flush();
    expect(worker.sync().message.applied).toEqual([first.message.seq, second.message.seq]);
  });

  it("never obeys the reply to a Sync that it gave up", () => {
    const worker = new WorkerHarness();
    worker.serve();
    const given = worker.sync();
    worker.input({ kind: "ask-failed", token: given.token, reason: "timeout", message: "late" });
    worker.pass(1_000);
    worker.register();
    worker.reply(given, { directives: [launch(key(1))] });
    worker.flush();
    const next = worker.sync();
    expect(next.message.outstanding).toEqual([]);
    expect(next.message.applied).toEqual([]);
    expect(next.message.seq).toBeGreaterThan(given.message.seq);
    expect(worker.take("prepare")).toEqual([]);
  });

  it("repeats a report in each Sync until it is acknowledged, and never after", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.run(key(1));
    const first = worker.sync();
    const ids = first.message.reports.map(({ id }) => id);
    expect(first.message.reports.map(({ event }) => event.kind)).toEqual(["accepted", "started"]);
    worker.reply(first);
    worker.pass(100);
    const second = worker.sync();
    expect(second.message.reports.map(({ id }) => id)).toEqual(ids);
    worker.reply(second, { acks: ids });
    worker.pass(100);
    expect(worker.sync().message.reports).toEqual([]);
  });

  it("reports a bounded number at once, and the rest when those are acknowledged", () => {
    const worker = new WorkerHarness({ limits: { reportsPerSyncMax: 3 } });
    worker.serve();
    worker.obey(launch(key(1)), launch(key(2)), launch(key(3)), launch(key(4)), launch(key(5)));
    const first = worker.sync();
    expect(first.message.reports.map(({ id }) => id)).toEqual([1, 2, 3]);
    worker.pass(100);
    worker.stamp();
    expect(worker.take("ask")).toEqual([]);
    worker.reply(first, { acks: [1, 2, 3] });
    expect(worker.sync().message.reports.map(({ id }) => id)).toEqual([4, 5]);
  });

  it("reports less at once after a Sync did not fit into a frame", () => {
    const worker = new WorkerHarness({ limits: { reportsPerSyncMax: 4 } });
    worker.serve();
    worker.obey(launch(key(1)), launch(key(2)), launch(key(3)), launch(key(4)));
    const first = worker.sync();
    worker.input({ kind: "ask-failed", token: first.token, reason: "too-large", message: "!" });
    worker.pass(1_000);
    worker.register();
    expect(worker.sync().message.reports).toHaveLength(2);
  });

  it("waits for an answer longer than the master may hold it", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.stamp();
    expect(worker.ask().timeoutMs).toBeGreaterThan(leaseMs / 12);
  });

  it("sends nothing while the supervisor is away, and goes on when it is back", () => {
    const worker = new WorkerHarness();
    worker.serve();
    worker.input({ kind: "detached", message: "gone" });
    worker.pass(60);
    expect(worker.take("ask")).toEqual([]);
    worker.pass(10_000);
    worker.attach();
    expect(worker.sync().message.seq).toBe(1);
  });
});
