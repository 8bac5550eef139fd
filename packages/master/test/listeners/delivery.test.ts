import type { MissedEvents } from "@aloha/sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { Delivery } from "../../src/listeners/delivery.ts";
import type { DeliveryItem } from "../../src/listeners/listener-protocol.ts";
import { attemptsMax, windowLengthMax } from "../../src/listeners/listener-settings.ts";
import { EventLogInMemory } from "../event-log-in-memory.ts";
import { alerts } from "../fixtures.ts";

interface Harness {
  readonly delivery: Delivery;
  readonly missed: MissedEvents[];
  /** Takes what may be sent, until there is something. */
  readonly take: () => Promise<readonly DeliveryItem[]>;
}

function delivering(log: EventLogInMemory, after = 0): Harness {
  const missed: MissedEvents[] = [];
  const delivery = new Delivery({
    source: log,
    after,
    queueLengthMax: 100,
    changed: () => undefined,
    missed: (what) => missed.push(what),
    failed: (thrown) => {
      throw thrown;
    },
  });
  onTestFinished(() => delivery.close());
  const take = (): Promise<readonly DeliveryItem[]> =>
    vi.waitUntil(() => {
      const items = delivery.takeSendable();
      return items.length > 0 ? items : undefined;
    });
  return { delivery, missed, take };
}

function contents(items: readonly DeliveryItem[]): readonly (number | MissedEvents)[] {
  return items.map((item) => (item.kind === "event" ? item.event.sequence : item.missed));
}

/** Takes one item at a time, each of which ends the process, `count` times. */
async function endProcess({ delivery, take }: Harness, count: number): Promise<void> {
  for (let end = 0; end < count; end++) {
    expect(await take()).toHaveLength(1);
    delivery.interrupted();
  }
}

test("no more is under way than the window holds, and the position follows what was handled", async () => {
  const log = new EventLogInMemory();
  log.release(alerts(1, 1_000));
  const { delivery, take } = delivering(log);
  const items = await take();
  expect(items).toHaveLength(windowLengthMax);
  expect(delivery.takeSendable()).toEqual([]);
  delivery.handled(items[9]!.id);
  expect(delivery.position).toBe(10);
  expect(contents(delivery.takeSendable())).toEqual(
    alerts(windowLengthMax + 1, windowLengthMax + 10).map(({ sequence }) => sequence),
  );
});

test("what a process did not handle goes to the next one, one by one, then as before", async () => {
  const log = new EventLogInMemory();
  log.release(alerts(1, 20));
  const { delivery, take } = delivering(log);
  const items = await take();
  delivery.handled(items[16]!.id);
  delivery.interrupted();
  for (const sequence of [18, 19, 20]) {
    const [item, ...others] = await take();
    expect(others).toEqual([]);
    expect(contents([item!])).toEqual([sequence]);
    delivery.handled(item!.id);
  }
  log.release(alerts(21, 23));
  expect(contents(await take())).toEqual([21, 22, 23]);
});

test("an event at which the process ends every time is skipped, and the listener is told", async () => {
  const log = new EventLogInMemory();
  log.release(alerts(1, 2));
  const harness = delivering(log);
  expect(await harness.take()).toHaveLength(2);
  harness.delivery.interrupted();
  await endProcess(harness, attemptsMax);
  const skipped = { reason: "skipped", after: 0, next: 2 };
  expect(harness.missed).toEqual([skipped]);
  const [news] = await harness.take();
  expect(contents([news!])).toEqual([skipped]);
  harness.delivery.handled(news!.id);
  expect(harness.delivery.position).toBe(1);
  expect(contents(await harness.take())).toEqual([2]);
});

test("a listener that cannot even hear that it misses something gets what follows", async () => {
  const log = new EventLogInMemory();
  log.release(alerts(1, 1));
  const harness = delivering(log);
  await endProcess(harness, attemptsMax * 2);
  expect(harness.delivery.position).toBe(1);
  expect(harness.missed).toHaveLength(1);
  log.release(alerts(2, 2));
  expect(contents(await harness.take())).toEqual([2]);
});

test("events that the log has lost are told before those that it still has", async () => {
  const log = new EventLogInMemory({ kept: 3 });
  log.release(alerts(1, 10));
  const { missed, take } = delivering(log, 2);
  const items = await take();
  const lost = { reason: "not-kept", after: 2, next: 8 };
  expect(missed).toEqual([lost]);
  expect(contents(items)).toEqual([lost]);
  expect(contents(await take())).toEqual([8, 9, 10]);
});

test("a listener that names what it has handled gets what follows that, forwards and backwards", async () => {
  const log = new EventLogInMemory();
  log.release(alerts(1, 10));
  const { delivery, take } = delivering(log, 4);
  await take();
  delivery.interrupted();
  delivery.resumeAfter(7);
  expect(contents(await take())).toEqual([8]);
  delivery.interrupted();
  delivery.resumeAfter(2);
  expect(contents(await take())).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

test("a sequence of another cluster begins this one's history anew, and says so", async () => {
  const log = new EventLogInMemory();
  log.release(alerts(1, 3));
  const { delivery, missed, take } = delivering(log, 3);
  delivery.resumeAfter(5_000);
  const other = { reason: "other-history", after: 5_000, next: 1 };
  expect(contents(await take())).toEqual([other]);
  expect(missed).toEqual([other]);
  expect(contents(await take())).toEqual([1, 2, 3]);
});
