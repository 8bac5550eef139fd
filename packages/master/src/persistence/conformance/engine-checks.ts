/** What every persistence engine has to do, whether its store is durable or not. */
import assert from "node:assert/strict";
import type { StoredApplication } from "../engine.ts";
import {
  eventRingLengthMax,
  listingScanMax,
  type ApplicationFilter,
  type ApplicationListing,
  type PersistenceEngine,
} from "../engine.ts";
import type { ConformanceCheck } from "./conformance-check.ts";
import { alerts, application, became, description, submitted, worker } from "./records.ts";

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
const request = { requestId: "r", appId: application(1).id, bodyHash: "h", atMs: 5 };

/** Checks of an engine whose store was empty and whose epoch was raised. */
export const engineChecks: readonly ConformanceCheck[] = [
  {
    title: "the epoch rises with every leadership, the cluster and its numbers stay",
    async run({ open }) {
      const engine = await open();
      const first = await engine.raiseEpoch(names);
      assert.deepEqual(first, {
        clusterId: "c-1",
        epoch: { number: 1, nonce: "n-1" },
        nextNumber: first.nextNumber,
      });
      await engine.commit({
        changes: [{ kind: "cluster", cluster: { ...first, nextNumber: 1001 } }],
        events: [],
      });
      assert.deepEqual(await engine.raiseEpoch({ clusterId: "c-2", nonce: "n-2" }), {
        clusterId: "c-1",
        epoch: { number: 2, nonce: "n-2" },
        nextNumber: 1001,
      });
    },
  },
  {
    title: "a snapshot holds what lives, in order of number, with workers and requests",
    run: withEngine(async (engine) => {
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
      assert.deepEqual(numbers([...snapshot.applications]), [1, 3]);
      assert.deepEqual([...snapshot.applications][0]?.description, description());
      assert.deepEqual([...snapshot.workers], [worker("w1")]);
      assert.deepEqual([...snapshot.requests], [request]);
      assert.equal(snapshot.lastEventSequence, 3);
    }),
  },
  {
    title:
      "applications are read by their id, live and terminal, and by nothing that only resembles it",
    run: withEngine(async (engine) => {
      await engine.commit({ changes: [...submitted(1), ...submitted(2)], events: [] });
      await engine.commit({ changes: [became(1, "FAILED")], events: [] });
      assert.equal(engine.readApplication(application(1).id)?.application.state, "FAILED");
      assert.equal(engine.readApplication(application(2).id)?.application.state, "SUBMITTED");
      assert.equal(engine.readApplication("app-19990101000000-0001"), undefined);
      assert.equal(engine.readApplication("app-19700101000000-0003"), undefined);
      assert.equal(engine.readApplication("__proto__"), undefined);
    }),
  },
  {
    title: "an application that changes several times in one batch is as it was in the end",
    run: withEngine(async (engine) => {
      await engine.commit({
        changes: [...submitted(1), became(1, "LAUNCHING"), became(1, "RUNNING")],
        events: [],
      });
      await engine.commit({
        changes: [became(1, "KILLING"), became(1, "KILLED")],
        events: [],
      });
      assert.equal(engine.readApplication(application(1).id)?.application.state, "KILLED");
      assert.deepEqual(numbers(engine.listApplications(everything).applications), [1]);
    }),
  },
  {
    title: "requests and workers are found until they are removed",
    run: withEngine(async (engine) => {
      await engine.commit({
        changes: [
          { kind: "request", request },
          { kind: "worker", worker: worker("w1") },
        ],
        events: [],
      });
      assert.deepEqual(engine.findRequest("r"), request);
      assert.deepEqual(engine.readWorker("w1"), worker("w1"));
      await engine.commit({
        changes: [
          { kind: "remove-request", requestId: "r" },
          { kind: "remove-worker", workerId: "w1" },
        ],
        events: [],
      });
      assert.equal(engine.findRequest("r"), undefined);
      assert.equal(engine.readWorker("w1"), undefined);
    }),
  },
  {
    title: "a list is newest first, filtered and paged, across live and terminal applications",
    run: withEngine(async (engine) => {
      for (let number = 1; number <= 9; number++) {
        const fields = {
          name: number % 3 === 0 ? "third" : "other",
          labels: { parity: number % 2 === 0 ? "even" : "odd" },
        };
        await engine.commit({ changes: submitted(number, fields), events: [] });
      }
      await engine.commit({ changes: [became(2, "FINISHED"), became(9, "FINISHED")], events: [] });
      const list = (filter: Partial<ApplicationFilter>): readonly number[] =>
        numbers(engine.listApplications({ ...everything, ...filter }).applications);
      assert.deepEqual(list({}), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
      assert.deepEqual(list({ states: ["FINISHED"] }), [9, 2]);
      assert.deepEqual(list({ states: ["FINISHED", "SUBMITTED"], name: "third" }), [9, 6, 3]);
      assert.deepEqual(list({ labels: [{ key: "parity", value: "even" }] }), [8, 6, 4, 2]);
      assert.equal(list({ namespace: "default" }).length, 9);
      assert.deepEqual(list({ namespace: "other" }), []);
      const parity = { key: "parity", value: null };
      assert.deepEqual(list({ labels: [parity, { key: "nothing", value: null }] }), []);
      assert.deepEqual(list({ labels: [{ key: "constructor", value: null }] }), []);
      const first = engine.listApplications({ ...everything, limit: 4 });
      assert.deepEqual(numbers(first.applications), [9, 8, 7, 6]);
      assert.equal(first.nextBeforeNumber, 6);
      assert.deepEqual(list({ limit: 4, beforeNumber: 6 }), [5, 4, 3, 2]);
      assert.deepEqual(list({ beforeNumber: 1 }), []);
    }),
  },
  {
    title: "following the pages of a list comes to its end, and meets everything once",
    run: withEngine(async (engine) => {
      const count = listingScanMax + 100;
      const changes = Array.from({ length: count }, (_, index) =>
        submitted(index + 1, index === 0 ? { name: "needle" } : {}),
      ).flat();
      await engine.commit({ changes, events: [] });
      const found: number[] = [];
      let beforeNumber: number | null = null;
      for (let pages = 0; pages < count; pages++) {
        const page: ApplicationListing = engine.listApplications({
          ...everything,
          name: "needle",
          beforeNumber,
        });
        found.push(...numbers(page.applications));
        beforeNumber = page.nextBeforeNumber;
        if (beforeNumber === null) break;
      }
      assert.equal(beforeNumber, null, "the pages have no end");
      assert.deepEqual(found, [1]);
    }),
  },
  {
    title: "events are read strictly after a sequence, and a gap is said",
    run: withEngine(async (engine) => {
      assert.deepEqual(engine.readEvents(0, 10), { kind: "events", events: [] });
      assert.deepEqual(engine.eventRange(), { oldestSequence: 1, newestSequence: 0 });
      await engine.commit({ changes: [], events: alerts(1, 3) });
      await engine.commit({ changes: [], events: alerts(4, 4) });
      assert.deepEqual(engine.readEvents(0, 10), { kind: "events", events: alerts(1, 4) });
      assert.deepEqual(engine.readEvents(2, 10), { kind: "events", events: alerts(3, 4) });
      assert.deepEqual(engine.readEvents(4, 10), { kind: "events", events: [] });
      assert.equal(engine.readEvents(5, 10).kind, "gap");
      assert.deepEqual(engine.eventRange(), { oldestSequence: 1, newestSequence: 4 });
    }),
  },
  {
    title: "the newest events are kept, and those that are gone are a gap",
    run: withEngine(async (engine) => {
      const length = 500;
      const newest = eventRingLengthMax * 2 + length;
      for (let from = 1; from <= newest; from += length)
        await engine.commit({ changes: [], events: alerts(from, from + length - 1) });
      const kept = engine.readEvents(newest - eventRingLengthMax, eventRingLengthMax);
      assert.equal(kept.kind, "events");
      assert.equal(kept.events[0]?.sequence, newest - eventRingLengthMax + 1);
      const { oldestSequence, newestSequence } = engine.eventRange();
      assert.equal(newestSequence, newest);
      assert.ok(oldestSequence > 1, "events are kept for ever");
      assert.equal(engine.readEvents(oldestSequence - 2, 10).kind, "gap");
      assert.equal(engine.readEvents(oldestSequence - 1, 1).kind, "events");
    }),
  },
  {
    title: "terminal applications go when their time is up: successes sooner than failures",
    run: withEngine(async (engine) => {
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
      assert.equal(await engine.prune(1_999, retention), 0);
      assert.equal(await engine.prune(2_000, retention), 1);
      assert.equal(engine.readApplication(application(1).id), undefined);
      assert.equal(await engine.prune(6_000, retention), 1);
      assert.equal(await engine.prune(11_000, retention), 1);
      assert.deepEqual(numbers(engine.listApplications(everything).applications), [4]);
    }),
  },
  {
    title: "terminal applications are removed by id; live and unknown ones are left",
    run: withEngine(async (engine) => {
      await engine.commit({
        changes: [1, 2, 3].flatMap((number) => submitted(number)),
        events: [],
      });
      await engine.commit({ changes: [became(1, "FINISHED"), became(2, "FAILED")], events: [] });
      const ids = [1, 3, 4].map((number) => application(number).id);
      const elsewhere = application(2).id.replace("app-", "driver-");
      assert.equal(await engine.removeEnded([...ids, elsewhere, "nonsense"]), 1);
      assert.equal(await engine.removeEnded(ids), 0);
      assert.deepEqual(numbers(engine.listApplications(everything).applications), [3, 2]);
      assert.equal(await engine.prune(0, { ...forever, applicationsMax: 0 }), 1);
    }),
  },
  {
    title: "no more terminal applications are kept than the limit",
    run: withEngine(async (engine) => {
      await engine.commit({
        changes: [1, 2, 3, 4, 5].flatMap((number) => submitted(number)),
        events: [],
      });
      await engine.commit({
        changes: [1, 2, 3, 4].map((number) => became(number, "FINISHED", number)),
        events: [],
      });
      assert.equal(await engine.prune(0, { ...forever, applicationsMax: 2 }), 2);
      assert.deepEqual(numbers(engine.listApplications(everything).applications), [5, 4, 3]);
      assert.equal(await engine.prune(0, { ...forever, applicationsMax: 2 }), 0);
    }),
  },
  {
    title: "where listeners are is replaced as a whole",
    run: withEngine(async (engine) => {
      assert.equal(engine.readListenerPositions().size, 0);
      await engine.saveListenerPositions(
        new Map([
          ["./a.mjs#A", 1],
          ["__proto__", 2],
        ]),
      );
      const saved = [...engine.readListenerPositions()].sort(([, a], [, b]) => a - b);
      assert.deepEqual(saved, [
        ["./a.mjs#A", 1],
        ["__proto__", 2],
      ]);
      await engine.saveListenerPositions(new Map([["b", 3]]));
      assert.deepEqual([...engine.readListenerPositions()], [["b", 3]]);
    }),
  },
];

function withEngine(check: (engine: PersistenceEngine) => Promise<void>): ConformanceCheck["run"] {
  return async ({ open }) => {
    const engine = await open();
    await engine.raiseEpoch(names);
    await check(engine);
  };
}

function numbers(stored: Iterable<StoredApplication>): readonly number[] {
  return [...stored].map(({ application: { number } }) => number);
}
