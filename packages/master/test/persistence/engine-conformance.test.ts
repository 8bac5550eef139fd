import { expect, describe, onTestFinished, test } from "vitest";
import {
  eventRingLengthMax,
  listingScanMax,
  type ApplicationFilter,
  type PersistenceEngine,
} from "../../src/persistence/engine.ts";
import { openFileSystemEngine } from "../../src/persistence/file-system/open-store.ts";
import { MemoryEngine } from "../../src/persistence/none/memory-engine.ts";
import {
  alerts,
  application,
  became,
  description,
  submitted,
  temporaryDirectory,
  worker,
} from "../fixtures.ts";

const names = { clusterId: "c-1", nonce: "n-1" };
const everything: ApplicationFilter = {
  states: [],
  name: null,
  namespace: null,
  labels: [],
  beforeNumber: null,
  limit: 100,
};
const forever = { applicationsMax: 1_000, successesMs: 1e12, failuresMs: 1e12 };

const engines: Readonly<Record<string, () => Promise<PersistenceEngine>>> = {
  NONE: () => Promise.resolve(new MemoryEngine()),
  FILESYSTEM: async () =>
    openFileSystemEngine({ directory: await temporaryDirectory(), address: "127.0.0.1:1" }),
};

describe.each(Object.keys(engines))("recovery mode %s", (mode) => {
  async function opened(): Promise<PersistenceEngine> {
    const engine = await engines[mode]!();
    onTestFinished(() => engine.close());
    await engine.raiseEpoch(names);
    return engine;
  }

  test("the epoch rises with every leadership, the cluster and its numbers stay", async () => {
    const engine = await engines[mode]!();
    onTestFinished(() => engine.close());
    const first = await engine.raiseEpoch(names);
    expect(first).toEqual({ clusterId: "c-1", epoch: { number: 1, nonce: "n-1" }, nextNumber: 1 });
    await engine.commit({
      changes: [{ kind: "cluster", cluster: { ...first, nextNumber: 1001 } }],
      events: [],
    });
    const second = await engine.raiseEpoch({ clusterId: "c-2", nonce: "n-2" });
    expect(second).toEqual({
      clusterId: "c-1",
      epoch: { number: 2, nonce: "n-2" },
      nextNumber: 1001,
    });
  });

  test("a snapshot holds what lives, in order of number, with workers and requests", async () => {
    const engine = await opened();
    const request = { requestId: "r", appId: application(1).id, bodyHash: "h", atMs: 5 };
    await engine.commit({
      changes: [
        ...submitted(1),
        ...submitted(2),
        ...submitted(3),
        { kind: "worker", worker: worker("w1") },
        { kind: "worker", worker: worker("w2") },
        { kind: "request", request },
      ],
      events: alerts(1, 3),
    });
    await engine.commit({
      changes: [became(2, "FINISHED"), { kind: "remove-worker", workerId: "w2" }],
      events: [],
    });
    const snapshot = engine.load(await engine.raiseEpoch(names));
    expect([...snapshot.applications].map((entry) => entry.application.number)).toEqual([1, 3]);
    expect([...snapshot.applications][0]?.description).toEqual(description());
    expect([...snapshot.workers]).toEqual([worker("w1")]);
    expect([...snapshot.requests]).toEqual([request]);
    expect(snapshot.lastEventSequence).toBe(3);
  });

  test("applications are read by their id, live and terminal, and by nothing that only resembles it", async () => {
    const engine = await opened();
    await engine.commit({ changes: [...submitted(1), ...submitted(2)], events: [] });
    await engine.commit({ changes: [became(1, "FAILED")], events: [] });
    expect(engine.readApplication(application(1).id)?.application.state).toBe("FAILED");
    expect(engine.readApplication(application(2).id)?.application.state).toBe("SUBMITTED");
    expect(engine.readApplication("app-19990101000000-0001")).toBeUndefined();
    expect(engine.readApplication("app-19700101000000-0003")).toBeUndefined();
    expect(engine.readApplication("__proto__")).toBeUndefined();
  });

  test("requests and workers are found until they are removed", async () => {
    const engine = await opened();
    const request = { requestId: "r", appId: "a", bodyHash: "h", atMs: 5 };
    await engine.commit({
      changes: [
        { kind: "request", request },
        { kind: "worker", worker: worker("w1") },
      ],
      events: [],
    });
    expect(engine.findRequest("r")).toEqual(request);
    expect(engine.readWorker("w1")).toEqual(worker("w1"));
    await engine.commit({
      changes: [
        { kind: "remove-request", requestId: "r" },
        { kind: "remove-worker", workerId: "w1" },
      ],
      events: [],
    });
    expect(engine.findRequest("r")).toBeUndefined();
    expect(engine.readWorker("w1")).toBeUndefined();
  });

  test("a list is newest first, filtered and paged, across live and terminal applications", async () => {
    const engine = await opened();
    for (let number = 1; number <= 9; number++) {
      const fields = {
        name: number % 3 === 0 ? "third" : "other",
        labels: { parity: number % 2 === 0 ? "even" : "odd" },
      };
      await engine.commit({ changes: submitted(number, fields), events: [] });
    }
    await engine.commit({
      changes: [became(2, "FINISHED"), became(5, "FAILED"), became(9, "FINISHED")],
      events: [],
    });
    const list = (filter: Partial<ApplicationFilter>): readonly number[] =>
      engine
        .listApplications({ ...everything, ...filter })
        .applications.map((entry) => entry.application.number);
    expect(list({})).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(list({ states: ["FINISHED"] })).toEqual([9, 2]);
    expect(list({ states: ["FINISHED", "SUBMITTED"], name: "third" })).toEqual([9, 6, 3]);
    expect(list({ labels: [{ key: "parity", value: "even" }] })).toEqual([8, 6, 4, 2]);
    expect(
      list({
        labels: [
          { key: "parity", value: null },
          { key: "nothing", value: null },
        ],
      }),
    ).toEqual([]);
    expect(list({ labels: [{ key: "constructor", value: null }] })).toEqual([]);
    expect(list({ namespace: "default" })).toHaveLength(9);
    expect(list({ namespace: "other" })).toEqual([]);
    const first = engine.listApplications({ ...everything, limit: 4 });
    expect(first.applications.map((entry) => entry.application.number)).toEqual([9, 8, 7, 6]);
    expect(first.nextBeforeNumber).toBe(6);
    expect(list({ limit: 4, beforeNumber: 6 })).toEqual([5, 4, 3, 2]);
    expect(engine.listApplications({ ...everything, limit: 4, beforeNumber: 2 })).toMatchObject({
      nextBeforeNumber: null,
    });
    expect(list({ beforeNumber: 1 })).toEqual([]);
  });

  test("one read looks at a bounded number of records and says where to go on", async () => {
    const engine = await opened();
    const count = listingScanMax + 100;
    const changes = Array.from({ length: count }, (_, index) =>
      submitted(index + 1, index === 0 ? { name: "needle" } : {}),
    ).flat();
    await engine.commit({ changes, events: [] });
    const first = engine.listApplications({ ...everything, name: "needle" });
    expect(first.applications).toEqual([]);
    expect(first.nextBeforeNumber).toBe(count - listingScanMax + 1);
    const second = engine.listApplications({
      ...everything,
      name: "needle",
      beforeNumber: first.nextBeforeNumber,
    });
    expect(second.applications.map((entry) => entry.application.number)).toEqual([1]);
  });

  test("events are read strictly after a sequence, and a gap is said", async () => {
    const engine = await opened();
    expect(engine.readEvents(0, 10)).toEqual({ kind: "events", events: [] });
    expect(engine.eventRange()).toEqual({ oldestSequence: 1, newestSequence: 0 });
    await engine.commit({ changes: [], events: alerts(1, 3) });
    await engine.commit({ changes: [], events: alerts(4, 4) });
    expect(engine.readEvents(0, 10)).toEqual({ kind: "events", events: alerts(1, 4) });
    expect(engine.readEvents(2, 10)).toEqual({ kind: "events", events: alerts(3, 4) });
    expect(engine.readEvents(4, 10)).toEqual({ kind: "events", events: [] });
    expect(engine.readEvents(5, 10)).toMatchObject({ kind: "gap", newestSequence: 4 });
    expect(engine.eventRange()).toEqual({ oldestSequence: 1, newestSequence: 4 });
  });

  test("the ring keeps its length and drops what is older", async () => {
    const engine = await opened();
    const batch = 500;
    for (let from = 1; from <= eventRingLengthMax * 2 + batch; from += batch) {
      await engine.commit({ changes: [], events: alerts(from, from + batch - 1) });
    }
    const newest = eventRingLengthMax * 2 + batch;
    const kept = engine.readEvents(newest - eventRingLengthMax, eventRingLengthMax);
    expect(kept).toMatchObject({ kind: "events" });
    expect(kept.kind === "events" && kept.events[0]?.sequence).toBe(
      newest - eventRingLengthMax + 1,
    );
    const { oldestSequence, newestSequence } = engine.eventRange();
    expect(newestSequence).toBe(newest);
    expect(engine.readEvents(oldestSequence - 2, 10)).toMatchObject({
      kind: "gap",
      oldestSequence,
    });
    expect(engine.readEvents(oldestSequence - 1, 1)).toMatchObject({ kind: "events" });
  });

  test("terminal applications go when their time is up: successes sooner than failures", async () => {
    const engine = await opened();
    await engine.commit({
      changes: [1, 2, 3, 4].flatMap((number) => submitted(number)),
      events: [],
    });
    await engine.commit({
      changes: [
        became(1, "FINISHED", 1_000),
        became(2, "FAILED", 1_000),
        became(3, "KILLED", 5_000),
      ],
      events: [],
    });
    const retention = { applicationsMax: 100, successesMs: 1_000, failuresMs: 10_000 };
    expect(await engine.prune(1_999, retention)).toBe(0);
    expect(await engine.prune(2_000, retention)).toBe(1);
    expect(engine.readApplication(application(1).id)).toBeUndefined();
    expect(await engine.prune(6_000, retention)).toBe(1);
    expect(await engine.prune(11_000, retention)).toBe(1);
    expect(
      engine.listApplications(everything).applications.map((entry) => entry.application.number),
    ).toEqual([4]);
  });

  test("terminal applications are removed by id; live and unknown ones are left", async () => {
    const engine = await opened();
    await engine.commit({
      changes: [1, 2, 3].flatMap((number) => submitted(number)),
      events: [],
    });
    await engine.commit({ changes: [became(1, "FINISHED"), became(2, "FAILED")], events: [] });
    const ids = [1, 3, 4].map((number) => application(number).id);
    const elsewhere = application(2).id.replace("app-", "driver-");
    expect(await engine.removeEnded([...ids, elsewhere, "nonsense"])).toBe(1);
    expect(await engine.removeEnded(ids)).toBe(0);
    expect(
      engine.listApplications(everything).applications.map((entry) => entry.application.number),
    ).toEqual([3, 2]);
    expect(await engine.prune(0, { ...forever, applicationsMax: 0 })).toBe(1);
  });

  test("no more terminal applications are kept than the limit", async () => {
    const engine = await opened();
    await engine.commit({
      changes: [1, 2, 3, 4, 5].flatMap((number) => submitted(number)),
      events: [],
    });
    await engine.commit({
      changes: [1, 2, 3, 4].map((number) => became(number, "FINISHED", number)),
      events: [],
    });
    expect(await engine.prune(0, { ...forever, applicationsMax: 2 })).toBe(2);
    expect(
      engine.listApplications(everything).applications.map((entry) => entry.application.number),
    ).toEqual([5, 4, 3]);
    expect(await engine.prune(0, { ...forever, applicationsMax: 2 })).toBe(0);
  });
});
