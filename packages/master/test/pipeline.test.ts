import fc from "fast-check";
import { expect, test } from "vitest";
import { alert, answer, barrier, persist, PipelineHarness } from "./pipeline-harness.ts";

test("what arrives in one turn of the loop is one batch and one commit", () => {
  const harness = new PipelineHarness();
  harness.batch(2, 4, 6);
  expect(harness.steps).toHaveLength(1);
  expect(harness.commits).toHaveLength(1);
  expect(harness.commits[0]?.batch.changes).toHaveLength(3);
});

test("nothing of a batch leaves before its commit", async () => {
  const harness = new PipelineHarness();
  harness.respond = () => [
    persist("w"),
    { kind: "event", event: alert(1) },
    answer(2),
    { kind: "look-up", workerId: "w", appId: "a", attempt: "c/app-20260101000000-0001/1" as never },
  ];
  harness.batch(2);
  await harness.settle();
  expect(harness.released).toEqual([]);
  harness.commits[0]?.resolve();
  await harness.settle();
  expect(harness.released).toEqual(["event 1", "answer 2", "look-up a"]);
});

test("an event alone is committed before it leaves", async () => {
  const harness = new PipelineHarness();
  harness.respond = () => [{ kind: "event", event: alert(1) }];
  harness.batch(1);
  await harness.settle();
  expect(harness.commits).toHaveLength(1);
  expect(harness.released).toEqual([]);
});

test("a batch without records waits for the commits before it", async () => {
  const harness = new PipelineHarness();
  harness.batch(2);
  harness.batch(3);
  await harness.settle();
  expect(harness.commits).toHaveLength(1);
  expect(harness.released).toEqual([]);
  harness.commits[0]?.resolve();
  await harness.settle();
  expect(harness.released).toEqual(["answer 2", "answer 3"]);
});

test("a commit that ends early waits for the one before it", async () => {
  const harness = new PipelineHarness();
  harness.batch(2);
  harness.batch(4);
  harness.commits[1]?.resolve();
  await harness.settle();
  expect(harness.released).toEqual([]);
  harness.commits[0]?.resolve();
  await harness.settle();
  expect(harness.released).toEqual(["answer 2", "answer 4"]);
});

test("an urgent answer overtakes the commit of its batch and those before it", async () => {
  const harness = new PipelineHarness();
  harness.respond = (inputs) =>
    inputs.flatMap((input) =>
      "token" in input ? [persist("w"), answer(input.token, input.token === 9)] : [],
    );
  harness.batch(2);
  harness.batch(9);
  expect(harness.released).toEqual(["answer 9"]);
});

test("the next batch is stepped while a commit is under way, and no more than the limit", async () => {
  const harness = new PipelineHarness({ batchesUnderWayMax: 2 });
  harness.batch(2);
  harness.batch(4);
  harness.batch(6);
  harness.batch(8);
  expect(harness.steps).toHaveLength(2);
  harness.commits[0]?.resolve();
  await harness.settle();
  // What gathered meanwhile is one batch.
  expect(harness.steps).toHaveLength(3);
  expect(harness.steps[2]).toHaveLength(2);
});

test("a batch holds at most its limit, and the rest follows", () => {
  const harness = new PipelineHarness({ batchLengthMax: 2, batchesUnderWayMax: 10 });
  harness.batch(1, 3, 5, 7, 9);
  expect(harness.steps.map((inputs) => inputs.length)).toEqual([2, 2, 1]);
});

test("a question that finds no room is refused, and what the shell has to say is not", () => {
  const harness = new PipelineHarness({ inboxLengthMax: 2 });
  expect(harness.pipeline.push(barrier(1))).toBe(true);
  expect(harness.pipeline.push(barrier(3))).toBe(true);
  expect(harness.pipeline.push(barrier(5))).toBe(false);
  expect(harness.pipeline.push({ kind: "abandoned", token: 1 })).toBe(true);
  expect(harness.pipeline.push({ kind: "store-space", low: true })).toBe(true);
  expect(harness.pipeline.inboxLength).toBe(4);
});

test("workers still find room where clients are refused, and have a limit too", () => {
  const harness = new PipelineHarness({ inboxLengthMax: 1 });
  const probe = (token: number) =>
    harness.pipeline.push({
      kind: "probe",
      token,
      message: { kind: "probe", workerId: "w", nonce: "n" },
    });
  expect(harness.pipeline.push(barrier(1))).toBe(true);
  expect(harness.pipeline.push(barrier(3))).toBe(false);
  expect([probe(5), probe(7)]).toEqual([true, false]);
});

test("after a failed commit nothing is released, stepped or taken any more", async () => {
  const harness = new PipelineHarness();
  harness.batch(2);
  harness.batch(3);
  harness.pipeline.push(barrier(5));
  harness.commits[0]?.reject(new Error("disk on fire"));
  await harness.settle();
  expect(harness.failures).toHaveLength(1);
  expect(harness.failures[0]).toMatchObject({ code: "store-failed", message: "disk on fire" });
  expect(harness.released).toEqual([]);
  expect(harness.pipeline.push(barrier(7))).toBe(false);
  expect(harness.steps).toHaveLength(2);
});

test("a later commit that succeeds does not release anything after an earlier one failed", async () => {
  const harness = new PipelineHarness();
  harness.batch(2);
  harness.batch(4);
  harness.commits[0]?.reject(new Error("no"));
  harness.commits[1]?.resolve();
  await harness.settle();
  expect(harness.released).toEqual([]);
  expect(harness.failures).toHaveLength(1);
});

test("a core that throws ends the pipeline, since its state can no longer be trusted", async () => {
  const harness = new PipelineHarness();
  harness.respond = () => {
    throw new Error("broken invariant");
  };
  harness.batch(2);
  await harness.settle();
  expect(harness.failures[0]?.code).toBe("internal");
});

test("closing steps, commits and releases what was taken, and then resolves", async () => {
  const harness = new PipelineHarness();
  harness.pipeline.push(barrier(2));
  let closed = false;
  const closing = harness.pipeline.close().then(() => {
    closed = true;
  });
  expect(harness.pipeline.push(barrier(4))).toBe(false);
  await harness.settle();
  expect(closed).toBe(false);
  harness.commits[0]?.resolve();
  await harness.settle();
  await closing;
  expect(harness.released).toEqual(["answer 2"]);
});

test("closing a pipeline that failed resolves at once", async () => {
  const harness = new PipelineHarness();
  harness.pipeline.abort();
  await harness.pipeline.close();
  expect(harness.failures).toEqual([]);
});

test("the newest wake replaces the one before it", () => {
  const harness = new PipelineHarness();
  const wakes = [5_000, 3_000];
  harness.respond = () => {
    const atMs = wakes.shift();
    return atMs === undefined ? [] : [{ kind: "wake", atMs }];
  };
  harness.batch(1);
  harness.batch(3);
  harness.time.advance(10_000);
  expect(harness.steps.flat().filter((input) => input.kind === "wake")).toHaveLength(1);
});

test("the effects of the core's creation are a batch before any other", async () => {
  const harness = new PipelineHarness();
  harness.pipeline.begin([persist("w"), answer(0)]);
  harness.batch(3);
  await harness.settle();
  expect(harness.released).toEqual([]);
  harness.commits[0]?.resolve();
  await harness.settle();
  expect(harness.released).toEqual(["answer 0", "answer 3"]);
});

test("whatever order commits end in, outputs leave in the order of their questions and never before their commit", async () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("ask" as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant("commit" as const), which: fc.nat(5) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      async (actions, batchesUnderWayMax) => {
        const harness = new PipelineHarness({ batchesUnderWayMax, batchLengthMax: 3 });
        const durable = new Set<string>();
        let token = 0;
        let checked = 0;
        const check = (): void => {
          for (; checked < harness.released.length; checked++) {
            expect(harness.released[checked]).toBe(`answer ${checked + 1}`);
            for (const { batch } of harness.commits) {
              for (const change of batch.changes) {
                if (
                  change.kind !== "remove-worker" ||
                  Number(change.workerId.slice(1)) > checked + 1
                )
                  continue;
                expect(durable).toContain(change.workerId);
              }
            }
          }
        };
        for (const step of actions) {
          if (step.kind === "ask")
            harness.batch(...Array.from({ length: step.count }, () => ++token));
          else {
            const commit = harness.commits[step.which % Math.max(1, harness.commits.length)];
            for (const change of commit?.batch.changes ?? [])
              if (change.kind === "remove-worker") durable.add(change.workerId);
            commit?.resolve();
          }
          await Promise.resolve();
          await Promise.resolve();
          harness.time.advance(0);
          check();
        }
      },
    ),
    { numRuns: 200 },
  );
});
