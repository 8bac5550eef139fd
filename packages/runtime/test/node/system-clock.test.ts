import { readFileSync } from "node:fs";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { expect, test } from "vitest";

test("boot time is what the kernel says", () => {
  const uptimeMs = Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1000;
  expect(Math.abs(systemClock().bootMs() - uptimeMs)).toBeLessThan(1000);
});

test("boot time and monotonic time go forward together", async () => {
  const clock = systemClock();
  const [bootMs, monotonicMs] = [clock.bootMs(), clock.monotonicMs()];
  await new Promise<void>((resolve) => systemTimers.after(60, resolve));
  expect(clock.bootMs() - bootMs).toBeGreaterThanOrEqual(50);
  expect(Math.abs(clock.bootMs() - bootMs - (clock.monotonicMs() - monotonicMs))).toBeLessThan(100);
});

test("a timer that is cleared does not fire, and may be cleared twice", async () => {
  let fired = 0;
  const once = systemTimers.after(0, () => fired++);
  const often = systemTimers.every(1, () => fired++);
  for (const timer of [once, often, once, often]) timer.clear();
  await new Promise<void>((resolve) => systemTimers.after(20, resolve));
  expect(fired).toBe(0);
});

test("a delay longer than setTimeout can keep does not fire at once", async () => {
  let fired = false;
  const timer = systemTimers.after(2 ** 32, () => (fired = true));
  await new Promise<void>((resolve) => systemTimers.after(20, resolve));
  expect(fired).toBe(false);
  timer.clear();
});

test("random hex has two characters a byte and does not repeat", () => {
  expect(systemRandom.hex(16)).toMatch(/^[0-9a-f]{32}$/);
  expect(systemRandom.hex(16)).not.toBe(systemRandom.hex(16));
});
