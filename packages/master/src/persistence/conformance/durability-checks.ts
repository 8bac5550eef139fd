/** What an engine that calls itself durable has to do besides: a master that comes later finds everything. */
import assert from "node:assert/strict";
import { toAlohaError } from "@aloha/core";
import type { ConformanceCheck } from "./conformance-check.ts";
import { alerts, application, became, submitted, worker } from "./records.ts";

const first = { clusterId: "c-1", nonce: "n-1" };
const second = { clusterId: "c-2", nonce: "n-2" };

/** Checks that mean nothing for an engine whose `durable` is false. */
export const durabilityChecks: readonly ConformanceCheck[] = [
  {
    title: "what was committed is there when the store is opened again",
    async run({ open }) {
      const before = await open();
      const cluster = await before.raiseEpoch(first);
      await before.commit({
        changes: [
          { kind: "cluster", cluster: { ...cluster, nextNumber: 1001 } },
          ...submitted(1),
          ...submitted(2),
          { kind: "worker", worker: worker("w1") },
        ],
        events: alerts(1, 5),
      });
      await before.commit({ changes: [became(1, "FAILED")], events: alerts(6, 6) });
      await before.saveListenerPositions(new Map([["listener", 4]]));
      await before.close();
      const after = await open();
      assert.deepEqual([...after.readListenerPositions()], [["listener", 4]]);
      assert.deepEqual(after.readEvents(3, 10), { kind: "events", events: alerts(4, 6) });
      assert.equal(after.readApplication(application(1).id)?.application.state, "FAILED");
      const raised = await after.raiseEpoch(second);
      assert.deepEqual(raised, {
        clusterId: "c-1",
        epoch: { number: 2, nonce: "n-2" },
        nextNumber: 1001,
      });
      const snapshot = after.load(raised);
      assert.deepEqual(
        [...snapshot.applications].map((entry) => entry.application),
        [application(2)],
      );
      assert.deepEqual([...snapshot.workers], [worker("w1")]);
      assert.equal(snapshot.lastEventSequence, 6);
    },
  },
  {
    title: "commits that do not wait for one another are all kept, in order",
    async run({ open }) {
      const before = await open();
      await before.raiseEpoch(first);
      await before.commit({ changes: submitted(1), events: [] });
      await Promise.all(
        (["LAUNCHING", "RUNNING", "KILLING"] as const).map((state, index) =>
          before.commit({ changes: [became(1, state)], events: alerts(index + 1, index + 1) }),
        ),
      );
      await before.close();
      const after = await open();
      assert.equal(after.readApplication(application(1).id)?.application.state, "KILLING");
      assert.deepEqual(after.readEvents(0, 10), { kind: "events", events: alerts(1, 3) });
    },
  },
  {
    title: "once another master has raised the epoch, nothing of the one before is written",
    async run({ open, isShared }) {
      if (!isShared) return;
      const [deposed, leading] = [await open(), await open()];
      await deposed.raiseEpoch(first);
      await deposed.commit({ changes: submitted(1), events: [] });
      await leading.raiseEpoch(second);
      const refused = (thrown: unknown): boolean => toAlohaError(thrown).code === "not-leader";
      await assert.rejects(deposed.commit({ changes: [became(1, "KILLED")], events: [] }), refused);
      await assert.rejects(deposed.saveListenerPositions(new Map([["listener", 1]])), refused);
      assert.equal(leading.readApplication(application(1).id)?.application.state, "SUBMITTED");
    },
  },
];
