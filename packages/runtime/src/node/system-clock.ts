import { closeSync, openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Clock } from "../clock.ts";

/**
 * The host's clocks. Boot time is read from /proc/uptime (10 ms resolution, time asleep
 * included, see proc(5)); where there is none, it is the monotonic clock, which is right
 * except across a suspend.
 */
export function systemClock(): Clock {
  const readUptime = openUptime();
  return {
    bootMs: () => readUptime(),
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
  };
}

function openUptime(): () => number {
  let descriptor: number;
  try {
    descriptor = openSync("/proc/uptime", "r");
  } catch {
    return () => Number(process.hrtime.bigint() / 1_000_000n);
  }
  const buffer = Buffer.alloc(64);
  let closed = false;
  process.once("exit", () => {
    if (!closed) closeSync(descriptor);
    closed = true;
  });
  return () => {
    const length = readSync(descriptor, buffer, 0, buffer.length, 0);
    return Math.round(Number.parseFloat(buffer.toString("latin1", 0, length)) * 1000);
  };
}
