import { defaultMasterSettings, type AlohaError, type Batch } from "@aloha/core";
import { silentLogger } from "@aloha/runtime";
import { SeededRandom, SimulatedTime } from "@aloha/runtime/memory";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Leadership } from "../src/leadership.ts";
import { MemoryEngine } from "../src/persistence/none/memory-engine.ts";
import { defaultRetention } from "../src/index.ts";
import { description } from "./fixtures.ts";

/** An engine whose commits fail, or never end, once the test says so. */
class FaultyEngine extends MemoryEngine {
  fault: "none" | "fails" | "hangs" = "none";

  override commit(batch: Batch): Promise<void> {
    if (this.fault === "fails") return Promise.reject(new Error("disk on fire"));
    return this.fault === "hangs" ? new Promise(() => undefined) : super.commit(batch);
  }
}

async function begun(): Promise<{
  readonly leadership: Leadership;
  readonly engine: FaultyEngine;
  readonly lost: AlohaError[];
  readonly settle: (ms?: number) => Promise<void>;
}> {
  const time = new SimulatedTime(1_000);
  const engine = new FaultyEngine();
  const lost: AlohaError[] = [];
  const settle = async (ms = 0): Promise<void> => {
    for (let round = 0; round < 5; round++) {
      await turn();
      time.advance(ms);
    }
  };
  const beginning = Leadership.begin({
    engine,
    settings: { ...defaultMasterSettings, masters: ["127.0.0.1:7077"] },
    retention: defaultRetention,
    runtime: { clock: time, timers: time, random: new SeededRandom(1), logger: silentLogger },
    lost: (error) => lost.push(error),
  });
  await settle();
  return { leadership: await beginning, engine, lost, settle };
}

const submit = {
  kind: "submit",
  description: description(),
  prefix: "app",
  request: null,
} as const;

test("what it begins with is committed and published once it leads", async () => {
  const { leadership, engine } = await begun();
  expect(leadership.state).toBe("ALIVE");
  expect(leadership.epoch.number).toBe(1);
  expect(leadership.events.lastSequence).toBe(2);
  expect(engine.readEvents(0, 10)).toMatchObject({
    kind: "events",
    events: [{ sequence: 1 }, { sequence: 2 }],
  });
});

test("a commit that fails ends it at once: whoever waits is told why, and nobody is served after", async () => {
  const { leadership, engine, lost, settle } = await begun();
  engine.fault = "fails";
  const asking = expect(leadership.ask(submit)).rejects.toMatchObject({
    code: "store-failed",
    message: "disk on fire",
  });
  await settle();
  await asking;
  expect(lost).toHaveLength(1);
  await expect(leadership.ask({ kind: "overview" })).rejects.toMatchObject({
    code: "store-failed",
  });
  await expect(leadership.read((store) => store)).rejects.toMatchObject({ code: "store-failed" });
});

test("reads see what was asked before them", async () => {
  const { leadership, settle } = await begun();
  const submitting = leadership.ask(submit);
  const reading = leadership.read((engine) =>
    engine.listApplications({
      states: [],
      name: null,
      namespace: null,
      labels: [],
      beforeNumber: null,
      limit: 10,
    }),
  );
  await settle();
  const answer = await submitting;
  expect((await reading).applications.map((stored) => stored.application.id)).toEqual([
    answer.kind === "submitted" ? answer.appId : "",
  ]);
});

test("it ends in order, and within its time even if the disk hangs", async () => {
  const orderly = await begun();
  const submitting = orderly.leadership.ask(submit);
  const ending = orderly.leadership.end();
  await orderly.settle();
  await ending;
  expect(await submitting).toMatchObject({ kind: "submitted" });
  await expect(orderly.leadership.ask({ kind: "overview" })).rejects.toMatchObject({
    code: "not-leader",
  });

  const hanging = await begun();
  hanging.engine.fault = "hangs";
  const stuck = expect(hanging.leadership.ask(submit)).rejects.toMatchObject({
    code: "not-leader",
  });
  await hanging.settle();
  const forced = hanging.leadership.end();
  await hanging.settle(5_000);
  await forced;
  await stuck;
});
