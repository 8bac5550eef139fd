import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amountOf, noResources, PlacementQueue } from "@aloha/core";
import type { Placement, Resources, WorkerCapacity } from "@aloha/core";
import { resourceCombinationsMax } from "../../src/placement/placement-queue.ts";
import { NaiveQueue } from "./naive-queue.ts";

const reserveAfterMs = 1000;

function worker(
  workerId: string,
  cores: number,
  memoryMiB: number,
  freeCores = cores,
  freeMemoryMiB = memoryMiB,
): WorkerCapacity {
  return {
    workerId,
    freeMilliCores: freeCores * 1000,
    freeMemoryMiB,
    totalMilliCores: cores * 1000,
    totalMemoryMiB: memoryMiB,
    freeResources: noResources,
    totalResources: noResources,
    accepting: true,
  };
}

function application(number: number, cores: number, memoryMiB = 1, waitingSinceMs = 0) {
  return {
    appId: `a${number}`,
    order: number,
    milliCores: cores * 1000,
    memoryMiB,
    resources: noResources,
    waitingSinceMs,
  };
}

function placeAll(queue: { next(nowMs: number): Placement | undefined }, nowMs = 0): string[] {
  const placed: string[] = [];
  for (let placement = queue.next(nowMs); placement !== undefined; placement = queue.next(nowMs)) {
    placed.push(`${placement.appId}@${placement.workerId}`);
  }
  return placed;
}

function queueOf(...workers: WorkerCapacity[]): PlacementQueue {
  const queue = new PlacementQueue({ reserveAfterMs });
  for (const each of workers) queue.setWorker(each);
  return queue;
}

describe("placement", () => {
  it("goes by order, to the worker with the most free cores, and passes over what does not fit", () => {
    const queue = queueOf(worker("w1", 2, 100), worker("w2", 3, 100), worker("w3", 3, 200));
    for (const each of [application(2, 4), application(1, 1), application(3, 3), application(4, 1)])
      queue.enqueue(each);
    expect(placeAll(queue)).toEqual(["a1@w3", "a3@w2", "a4@w3"]);
    expect(queue.size).toBe(1);
  });

  it("counts thousandths of cores and never gives what is not there", () => {
    const queue = queueOf(worker("w1", 0.003, 3));
    for (let number = 1; number <= 5; number++) queue.enqueue(application(number, 0.001));
    expect(placeAll(queue)).toEqual(["a1@w1", "a2@w1", "a3@w1"]);
  });

  it("places what has joined and what has room again, and forgets what was removed", () => {
    const queue = queueOf(worker("w1", 2, 10, 0));
    for (const each of [application(1, 1), application(2, 1), application(3, 1)])
      queue.enqueue(each);
    expect(placeAll(queue)).toEqual([]);
    queue.remove("a1");
    queue.remove("no such");
    queue.setWorker(worker("w1", 2, 10, 1));
    expect(placeAll(queue)).toEqual(["a2@w1"]);
    queue.setWorker(worker("w1", 2, 10, 1));
    queue.enqueue(application(0, 1));
    expect(placeAll(queue)).toEqual(["a0@w1"]);
  });

  it("keeps away from workers that do not accept or are gone", () => {
    const queue = queueOf({ ...worker("w1", 9, 9), accepting: false }, worker("w2", 9, 9));
    queue.removeWorker("w2");
    queue.enqueue(application(1, 1));
    expect(placeAll(queue)).toEqual([]);
    queue.setWorker(worker("w1", 9, 9));
    expect(placeAll(queue)).toEqual(["a1@w1"]);
  });

  it("refuses to hold the same application twice, or amounts that are none", () => {
    const queue = queueOf();
    queue.enqueue(application(1, 1));
    expect(() => queue.enqueue(application(1, 1))).toThrow("a1 waits already");
    expect(() => queue.enqueue(application(2, -1))).toThrow("a2 needs");
    expect(() => queue.enqueue(application(3, 1.0005))).toThrow("a3 needs");
  });
});

describe("a reservation", () => {
  it("keeps a worker for the oldest that has waited long enough, until it fits", () => {
    const queue = queueOf(worker("w1", 4, 10, 2), worker("w2", 8, 10, 1));
    queue.enqueue(application(1, 4));
    expect(placeAll(queue, 0)).toEqual([]);
    expect(queue.nextWakeMs).toBe(reserveAfterMs);
    expect(placeAll(queue, reserveAfterMs)).toEqual([]);
    queue.enqueue(application(2, 1));
    queue.enqueue(application(3, 1));
    expect(placeAll(queue, 1100)).toEqual(["a2@w2"]);
    expect(queue.explain("a1")).toMatchObject({
      position: 1,
      summary: expect.stringContaining("kept for it on worker w1"),
    });
    expect(queue.explain("a3")?.workers).toContainEqual({
      workerId: "w1",
      reason: "reserved for a1",
      never: false,
    });
    queue.setWorker(worker("w1", 4, 10, 4));
    expect(placeAll(queue, 1200)).toEqual(["a1@w1"]);
    queue.setWorker(worker("w1", 4, 10, 1));
    expect(placeAll(queue, 1200)).toEqual(["a3@w1"]);
  });

  it("is given up when its application finds another place, its worker drains or it is removed", () => {
    for (const end of ["elsewhere", "drains", "removed"] as const) {
      const queue = queueOf(worker("w1", 4, 10, 2), worker("w2", 8, 10, 0));
      queue.enqueue(application(1, 4));
      placeAll(queue, reserveAfterMs);
      queue.enqueue(application(2, 1));
      expect(placeAll(queue, reserveAfterMs)).toEqual([]);
      if (end === "elsewhere") queue.setWorker(worker("w2", 8, 10, 4));
      if (end === "removed") queue.remove("a1");
      if (end === "drains") queue.setWorker({ ...worker("w1", 4, 10, 2), accepting: false });
      expect(placeAll(queue, reserveAfterMs)).toEqual(
        { elsewhere: ["a1@w2", "a2@w1"], drains: [], removed: ["a2@w1"] }[end],
      );
    }
  });

  it("is never made for what fits on no worker in total, nor on more than half of the workers", () => {
    const queue = queueOf(worker("w1", 4, 10, 1), worker("w2", 4, 10, 1), worker("w3", 4, 10, 1));
    queue.enqueue(application(1, 5));
    queue.enqueue(application(2, 4));
    queue.enqueue(application(3, 4));
    placeAll(queue, reserveAfterMs);
    for (let number = 4; number < 9; number++) queue.enqueue(application(number, 1));
    expect(placeAll(queue, reserveAfterMs)).toEqual(["a4@w2", "a5@w3"]);
    expect(queue.explain("a1")).toMatchObject({
      canNeverFit: true,
      summary: expect.stringContaining("can never run"),
    });
  });

  it("is honoured also when many workers change at once", () => {
    const ids = Array.from({ length: 20 }, (_, index) => `w${index + 10}`);
    const queue = queueOf(...ids.map((id) => worker(id, 4, 10, 1)));
    queue.enqueue(application(1, 4));
    expect(placeAll(queue, reserveAfterMs)).toEqual([]);
    for (const id of ids) queue.setWorker(worker(id, 4, 10, id === "w10" ? 4 : 2));
    queue.enqueue(application(2, 1));
    expect(placeAll(queue, reserveAfterMs)).toEqual(["a1@w10", "a2@w11"]);
  });

  it("saves a big application from a steady stream of small ones", () => {
    const queue = queueOf(worker("w1", 4, 1000, 0));
    const endsAtMs = [200, 400, 600, 800];
    queue.enqueue(application(1, 4));
    let bigAtMs = -1;
    let smallPlaced = 0;
    for (let nowMs = 100; nowMs < 20_000 && bigAtMs < 0; nowMs += 100) {
      queue.enqueue(application(1 + nowMs, 1, 1, nowMs));
      const running = endsAtMs.filter((endMs) => endMs > nowMs).length;
      queue.setWorker(worker("w1", 4, 1000, 4 - running));
      for (let placed = queue.next(nowMs); placed !== undefined; placed = queue.next(nowMs)) {
        if (placed.appId === "a1") bigAtMs = nowMs;
        else smallPlaced++;
        endsAtMs.push(nowMs + 800);
      }
    }
    expect(smallPlaced).toBeGreaterThan(2);
    expect(bigAtMs).toBeGreaterThan(reserveAfterMs);
    expect(bigAtMs).toBeLessThanOrEqual(reserveAfterMs + 800);
  });
});

describe("an explanation", () => {
  it("names for each worker what is missing, the nearest first", () => {
    const queue = queueOf(
      worker("w1", 4, 16_384, 3),
      { ...worker("w2", 64, 2 ** 20), accepting: false },
      worker("w3", 16, 2 ** 20, 7.5),
      worker("w4", 16, 2 ** 20, 16, 100),
    );
    queue.enqueue(application(1, 9, 65_536, 0));
    placeAll(queue);
    expect(queue.explain("a1")).toEqual({
      position: 1,
      canNeverFit: false,
      summary: "It waits for 9 cores and 64 GiB; nearest is worker w3: needs 9 cores, 7.5 free",
      workers: [
        { workerId: "w3", reason: "needs 9 cores, 7.5 free", never: false },
        { workerId: "w4", reason: "needs 64 GiB, 100 MiB free", never: false },
        {
          workerId: "w2",
          reason: "takes no applications now (draining, stopping or not heard)",
          never: false,
        },
        { workerId: "w1", reason: "needs 9 cores, has 4 in all: can never fit", never: true },
      ],
    });
    expect(queue.explain("a2")).toBeUndefined();
    expect(queueOf().explain("a1")).toBeUndefined();
  });
});

describe("counted resources", () => {
  const gpuWorker = (workerId: string, gpu: number, freeGpu = gpu): WorkerCapacity => ({
    ...worker(workerId, 4, 100),
    totalResources: { gpu, license: 1 },
    freeResources: { gpu: freeGpu, license: 1 },
  });
  const needing = (number: number, resources: Resources) => ({
    ...application(number, 1),
    resources,
  });

  it("are given to as many as there are", () => {
    const queue = queueOf(worker("w1", 9, 100), gpuWorker("w2", 2));
    for (let number = 1; number <= 3; number++) queue.enqueue(needing(number, { gpu: 1 }));
    queue.enqueue(needing(4, { license: 1, gpu: 0 }));
    queue.enqueue(application(5, 1));
    expect(placeAll(queue)).toEqual(["a1@w2", "a2@w2", "a4@w2", "a5@w1"]);
    queue.setWorker(gpuWorker("w2", 2, 1));
    expect(placeAll(queue)).toEqual(["a3@w2"]);
  });

  it("are named where they are short, free or in all", () => {
    const queue = queueOf(worker("w1", 9, 100), gpuWorker("w2", 2, 0));
    queue.enqueue(needing(1, { gpu: 1 }));
    queue.enqueue(needing(2, { toString: 1 }));
    placeAll(queue);
    expect(queue.explain("a1")).toMatchObject({
      canNeverFit: false,
      summary: "It waits for 1 core, 1 MiB and 1 gpu; nearest is worker w2: needs 1 gpu, 0 free",
      workers: [
        { workerId: "w2", reason: "needs 1 gpu, 0 free", never: false },
        { workerId: "w1", reason: "needs 1 gpu, has 0 in all: can never fit", never: true },
      ],
    });
    expect(queue.explain("a2")).toMatchObject({ canNeverFit: true });
  });

  it("wait in a bounded number of combinations", () => {
    const queue = queueOf();
    for (let amount = 1; amount <= resourceCombinationsMax; amount++) {
      expect(queue.admits({ gpu: amount })).toBe(true);
      queue.enqueue(needing(amount, { gpu: amount }));
    }
    expect(queue.admits({ gpu: 1 })).toBe(true);
    expect(queue.admits({ license: 1 })).toBe(false);
    queue.remove("a7");
    expect(queue.admits({ license: 1 })).toBe(true);
  });
});

/** Mostly none, as in a cluster; a worker offers them, an application needs them. */
const extras = fc.oneof(
  { weight: 5, arbitrary: fc.constant(noResources) },
  { weight: 2, arbitrary: fc.record({ gpu: fc.integer({ min: 1, max: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ gpu: fc.integer({ min: 1, max: 2 }), "x/fpga": fc.constant(1) }),
  },
);

const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("enqueue" as const),
      cores: fc.integer({ min: 1, max: 9 }),
      memoryMiB: fc.integer({ min: 1, max: 9 }),
      extras,
      older: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), pick: fc.nat() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("worker" as const),
      id: fc.integer({ min: 1, max: 40 }),
      cores: fc.integer({ min: 1, max: 9 }),
      memoryMiB: fc.integer({ min: 1, max: 9 }),
      extras,
      freeGpus: fc.nat(2),
      free: fc.nat(100),
      freeMemory: fc.nat(100),
      accepting: fc.integer({ min: 0, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("burst" as const), free: fc.nat(100) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("gone" as const),
      id: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.integer({ min: 0, max: 700 }),
      limit: fc.constantFrom(1, 3, 1000),
    }),
  },
);

const backlog = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
  maxLength: 60,
});

describe("any sequence of events", () => {
  it("gives the placements, reservations and explanations that the plain rules give", () => {
    fc.assert(
      fc.property(backlog, fc.array(event, { maxLength: 120 }), (waitingFirst, events) => {
        const queue = new PlacementQueue({ reserveAfterMs });
        const naive = new NaiveQueue(reserveAfterMs);
        let nowMs = 0;
        let number = 0;
        for (const [cores, memoryMiB] of waitingFirst) {
          const added = application(++number, cores, memoryMiB);
          queue.enqueue(added);
          naive.enqueue(added);
        }
        for (const each of [...events, { kind: "pass", ms: 2000, limit: 1000 } as const]) {
          if (each.kind === "enqueue") {
            number++;
            const added = {
              ...application(number, each.cores, each.memoryMiB, nowMs),
              resources: each.extras,
              order: each.older ? -number : number,
            };
            queue.enqueue(added);
            naive.enqueue(added);
          } else if (each.kind === "remove") {
            const appId =
              naive.waiting[each.pick % Math.max(1, naive.waiting.length)]?.appId ?? "none";
            queue.remove(appId);
            naive.remove(appId);
          } else if (each.kind === "worker") {
            const now = {
              ...worker(
                `w${each.id}`,
                each.cores,
                each.memoryMiB,
                Math.floor((each.cores * each.free) / 100),
                Math.floor((each.memoryMiB * each.freeMemory) / 100),
              ),
              totalResources: each.extras,
              freeResources:
                each.extras === noResources
                  ? noResources
                  : { ...each.extras, gpu: Math.min(each.freeGpus, amountOf(each.extras, "gpu")) },
              accepting: each.accepting > 1,
            };
            queue.setWorker(now);
            naive.setWorker(now);
          } else if (each.kind === "burst") {
            for (let index = 1; index <= 40; index++) {
              const cores = index % 3 === 0 ? 9 : 4;
              const now = worker(
                `w${index}`,
                cores,
                9,
                Math.floor((cores * ((each.free * index) % 101)) / 100),
                (each.free + index) % 10,
              );
              queue.setWorker(now);
              naive.setWorker(now);
            }
          } else if (each.kind === "gone") {
            queue.removeWorker(`w${each.id}`);
            naive.removeWorker(`w${each.id}`);
          } else {
            nowMs += each.ms;
            for (let count = 0; count < each.limit; count++) {
              const placed = naive.next(nowMs);
              expect(queue.next(nowMs)).toEqual(placed);
              if (placed === undefined) {
                checkExplanations(queue, naive);
                break;
              }
              const on = naive.workers.get(placed.workerId)!;
              expect(on.freeMilliCores >= 0 && on.freeMemoryMiB >= 0).toBe(true);
              expect(Object.values(on.freeResources).every((amount) => amount >= 0)).toBe(true);
            }
          }
          expect(queue.size).toBe(naive.waiting.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** Nothing fits when this is called. */
function checkExplanations(queue: PlacementQueue, naive: NaiveQueue): void {
  expect(naive.reserved.size).toBeLessThanOrEqual(naive.reservedMax());
  for (const [index, each] of naive.waiting.entries()) {
    const explanation = queue.explain(each.appId)!;
    expect(explanation.position).toBe(index + 1);
    expect(explanation.workers.map(({ reason }) => reason)).not.toContain("has room");
    const reservedHere = explanation.workers
      .filter(({ reason }) => reason.startsWith("reserved for"))
      .map(({ workerId }) => workerId);
    for (const workerId of reservedHere) expect(naive.reserved.get(workerId)).not.toBe(each.appId);
    const own = [...naive.reserved].find(([, appId]) => appId === each.appId)?.[0];
    expect(explanation.summary.includes("kept for it on worker")).toBe(own !== undefined);
    if (own !== undefined) expect(explanation.summary).toContain(`on worker ${own}`);
  }
}
