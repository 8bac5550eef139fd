import { SimulatedTime } from "@aloha/runtime/memory";
import type { AlohaEventListener } from "@aloha/sdk";
import { expect, test, vi } from "vitest";
import type { DeliveryItem, FromListener } from "../../src/listeners/listener-protocol.ts";
import { ListenerRunner } from "../../src/listeners/listener-runner.ts";
import { alerts } from "../fixtures.ts";

function running(listener: AlohaEventListener): {
  readonly runner: ListenerRunner;
  readonly said: FromListener[];
  readonly time: SimulatedTime;
} {
  const said: FromListener[] = [];
  const time = new SimulatedTime();
  const runner = new ListenerRunner({
    listener,
    send: (message) => said.push(message),
    clock: time,
    timers: time,
  });
  return { runner, said, time };
}

function items(from: number, to: number): readonly DeliveryItem[] {
  return alerts(from, to).map((event) => ({ kind: "event", id: event.sequence, event }));
}

test("each kind of event reaches its method, and the rest none", () => {
  const heard: string[] = [];
  const { runner } = running({
    onApplicationStateChange: ({ to }) => void heard.push(to),
    onApplicationRelaunched: ({ reason }) => void heard.push(reason),
    onMissed: ({ reason }) => void heard.push(reason),
  });
  const base = { sequence: 1, atMs: 0, appId: "a", name: "n", attempt: 1, message: "m" };
  runner.deliver([
    {
      kind: "event",
      id: 1,
      event: {
        ...base,
        kind: "application-state-changed",
        from: null,
        to: "FAILED",
        workerId: null,
        reason: null,
      },
    },
    {
      kind: "event",
      id: 2,
      event: { ...base, kind: "application-relaunched", reason: "exit-code" },
    },
    { kind: "missed", id: 3, missed: { reason: "not-kept", after: 1, next: 3 } },
    ...items(4, 4),
  ]);
  expect(heard).toEqual(["FAILED", "exit-code", "not-kept"]);
});

test("the next event waits for the promise of the one before, across deliveries", async () => {
  const heard: string[] = [];
  const { runner, said } = running({
    async onOtherEvent({ sequence }) {
      heard.push(`begin ${sequence}`);
      await Promise.resolve();
      heard.push(`end ${sequence}`);
    },
  });
  runner.deliver(items(1, 1));
  runner.deliver(items(2, 2));
  await vi.waitUntil(() => heard.length === 4);
  expect(heard).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  await vi.waitUntil(() => said.at(-1)?.kind === "handled");
  runner.deliver(items(3, 3));
  await runner.close();
  expect(heard.at(-1)).toBe("end 3");
  expect(said.at(-1)).toEqual({ kind: "handled", id: 3, thrown: null });
});

test("what is thrown or rejected counts as handled, and is told once", async () => {
  const { runner, said } = running({
    onOtherEvent({ sequence }) {
      if (sequence === 2) throw new Error("now");
      return sequence === 3 ? Promise.reject(new Error("later")) : undefined;
    },
  });
  runner.deliver(items(1, 4));
  await runner.close();
  expect(said).toEqual([
    {
      kind: "handled",
      id: 4,
      thrown: { count: 2, id: 3, message: expect.stringContaining("Error: later") as string },
    },
  ]);
});

test("a fast listener says little, a slow one says what it has handled while it goes on", async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { runner, said, time } = running({
    onOtherEvent: ({ sequence }) => (sequence === 200 ? held : undefined),
  });
  runner.deliver(items(1, 200));
  expect(said).toEqual([]);
  time.advance(20);
  expect(said).toEqual([{ kind: "handled", id: 199, thrown: null }]);
  release();
  await runner.close();
  expect(said).toHaveLength(2);
  expect(said.at(-1)).toEqual({ kind: "handled", id: 200, thrown: null });
});
