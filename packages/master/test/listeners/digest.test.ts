import { SimulatedTime } from "@aloha/runtime/memory";
import { expect, test } from "vitest";
import { Digest } from "../../src/listeners/digest.ts";

test("the first is told at once, the others together when the period is over", () => {
  const time = new SimulatedTime();
  const told: string[] = [];
  const digest = new Digest({
    periodMs: 1_000,
    timers: time,
    tell: (count, message) => told.push(`${count} ${message}`),
  });
  digest.note("a");
  expect(told).toEqual(["1 a"]);
  digest.note("b", 2);
  digest.note("c");
  time.advance(999);
  expect(told).toHaveLength(1);
  time.advance(1);
  expect(told).toEqual(["1 a", "3 c"]);
  time.advance(1_000);
  digest.note("d");
  expect(told).toEqual(["1 a", "3 c", "1 d"]);
  digest.note("e");
  digest.close();
  time.advance(2_000);
  expect(told).toHaveLength(3);
});
