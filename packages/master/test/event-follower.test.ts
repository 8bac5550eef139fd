import { expect, onTestFinished, test } from "vitest";
import { EventBus } from "../src/event-bus.ts";
import { EventFollower, type FollowerOptions } from "../src/event-follower.ts";
import { alerts } from "./fixtures.ts";
import { EventLogInMemory } from "./event-log-in-memory.ts";

function following(log: EventLogInMemory, options: FollowerOptions): EventFollower {
  const follower = new EventFollower(log, options);
  onTestFinished(() => follower.close());
  return follower;
}

async function sequences(follower: EventFollower, count: number): Promise<readonly number[]> {
  const seen: number[] = [];
  while (seen.length < count) {
    const followed = await follower.next();
    if (followed?.kind !== "events") throw new Error(`expected events, got ${followed?.kind}`);
    seen.push(...followed.events.map(({ sequence }) => sequence));
  }
  return seen;
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

test("the log comes first, then what is released, each event once", async () => {
  const log = new EventLogInMemory();
  log.release(alerts(1, 3));
  const follower = following(log, { after: 1 });
  log.release(alerts(4, 5));
  expect(await sequences(follower, 4)).toEqual([2, 3, 4, 5]);
  const next = follower.next();
  log.release(alerts(6, 6));
  expect(await next).toEqual({ kind: "events", events: alerts(6, 6) });
  expect(follower.after).toBe(6);
});

test("a reader that is slower than its queue is served from the log, without a hole", async () => {
  const log = new EventLogInMemory();
  const follower = following(log, { after: 0, queueLengthMax: 5 });
  log.release(alerts(1, 2));
  expect(await sequences(follower, 2)).toEqual([1, 2]);
  for (let n = 3; n <= 2_000; n++) log.release(alerts(n, n));
  expect(await sequences(follower, 1_998)).toEqual(range(3, 2_000));
});

test("where the log does not reach back, the gap is said until the reader goes on", async () => {
  const log = new EventLogInMemory({ kept: 10 });
  log.release(alerts(1, 100));
  const follower = following(log, { after: 50 });
  const gap = { kind: "gap", after: 50, oldestSequence: 91, newestSequence: 100 };
  expect(await follower.next()).toEqual(gap);
  expect(await follower.next()).toEqual(gap);
  follower.goOnAfter(90);
  expect(await sequences(follower, 10)).toEqual(range(91, 100));
});

test("closing it or its bus ends a reader that waits", async () => {
  const log = new EventLogInMemory();
  const first = following(log, { after: 0 });
  const waiting = first.next();
  first.close();
  expect(await waiting).toBeUndefined();
  const second = following(log, { after: 0 });
  const waitingToo = second.next();
  log.events.close();
  expect(await waitingToo).toBeUndefined();
  expect(await second.next()).toBeUndefined();
});

test("a subscription gives no more than was asked for, and tells of drops after all that waits", async () => {
  const bus = new EventBus();
  const subscription = bus.subscribe({ queueLengthMax: 3 });
  for (const event of alerts(1, 5)) bus.publish(event);
  expect(await subscription.next(2)).toEqual({ events: alerts(1, 2), dropped: 0 });
  expect(await subscription.next(2)).toEqual({ events: alerts(3, 3), dropped: 2 });
});
