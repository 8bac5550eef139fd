import type { AlohaEvent } from "@aloha/core";
import { expect, test } from "vitest";
import { EventBus } from "../src/event-bus.ts";

function alert(sequence: number): AlohaEvent {
  return { kind: "alert", code: "test", message: "test", sequence, atMs: 0 };
}

test("a subscriber gets what is published after it came, in order", async () => {
  const bus = new EventBus({ lastSequence: 4 });
  expect(bus.lastSequence).toBe(4);
  bus.publish(alert(5));
  const subscription = bus.subscribe();
  bus.publish(alert(6));
  bus.publish(alert(7));
  expect(await subscription.next()).toEqual({ events: [alert(6), alert(7)], dropped: 0 });
  const waiting = subscription.next();
  bus.publish(alert(8));
  expect(await waiting).toEqual({ events: [alert(8)], dropped: 0 });
});

test("a slow subscriber is told how many events were dropped, and others miss nothing", async () => {
  const bus = new EventBus({ queueLengthMax: 2 });
  const slow = bus.subscribe();
  const quick = bus.subscribe();
  bus.publish(alert(1));
  expect(await quick.next()).toEqual({ events: [alert(1)], dropped: 0 });
  for (const sequence of [2, 3, 4]) bus.publish(alert(sequence));
  expect(await slow.next()).toEqual({ events: [alert(1), alert(2)], dropped: 2 });
  bus.publish(alert(5));
  expect(await slow.next()).toEqual({ events: [alert(5)], dropped: 0 });
});

test("closing ends whoever waits", async () => {
  const bus = new EventBus();
  const subscription = bus.subscribe();
  const waiting = subscription.next();
  bus.close();
  expect(await waiting).toBeUndefined();
  expect(await subscription.next()).toBeUndefined();
  expect(bus.subscribers).toBe(0);
});
